import { deserializeDate, deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { idOfDate } from "./journal";

/** What the pages of the journal share: reading, saying what failed, and leading on. */
export function useJournal(state) {
    const orm = useService("orm");
    const action = useService("action");
    let asked = 0;

    const open = (page, name, resId) =>
        action.doAction(
            { type: "ir.actions.client", tag: `hr_face_attendance.${page}`, name },
            { props: { resId } },
        );
    return {
        /** Only the newest question counts: somebody who leafs fast sees where they stopped. */
        async read(method, args, kwargs = {}, { silent = false } = {}) {
            const mine = ++asked;
            try {
                const ask = silent ? orm.silent : orm;
                const view = await ask.call("hr.face.journal", method, args, kwargs);
                if (mine === asked) {
                    state.view = view;
                    state.failed = "";
                }
            } catch (error) {
                if (mine === asked) {
                    state.failed = error.data?.message || _t("Odoo does not answer at the moment.");
                }
            }
        },
        openDay: (date) => open("day", longDate(date), idOfDate(date)),
        openSession: (row) => open("session", row.name, row.id),
        openPerson: (row) => open("person", row.name, row.id),
        openGate: (row) => open("gate", row.name, row.id),
        openDevice: (row) => open("device", row.name, row.id),
        callRoll: (session) =>
            action.doAction({
                type: "ir.actions.client",
                tag: "hr_face_attendance.roll_call",
                name: _t("Roll Call"),
                params: { session_id: session },
            }),
        openRecord: (model, id) =>
            action.doAction({
                type: "ir.actions.act_window",
                res_model: model,
                res_id: id,
                views: [[false, "form"]],
            }),
        openList: (name, model, domain) =>
            action.doAction({
                type: "ir.actions.act_window",
                name,
                res_model: model,
                domain,
                views: [
                    [false, "list"],
                    [false, "form"],
                ],
            }),
    };
}

export function longDate(iso) {
    return deserializeDate(iso).toLocaleString(luxon.DateTime.DATE_HUGE);
}

export function clock(text) {
    return text ? deserializeDateTime(text).toLocaleString(luxon.DateTime.TIME_SIMPLE) : "";
}

export function moment(text) {
    return text ? deserializeDateTime(text).toLocaleString(luxon.DateTime.DATETIME_MED) : "";
}

/** What stands below a name: the job and the department, as far as they are known. */
export function under(row) {
    return [row.job, row.department].filter(Boolean).join(" · ");
}
