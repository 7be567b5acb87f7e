import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatFloat } from "@web/core/utils/numbers";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { OUTCOMES_OF, clockOf, countOf, share } from "../cockpit/rows";
import { camera, contact, facts, isClockOff, reasonOf, timeOf } from "../cockpit/told";
import { HEALTH, OUTCOMES } from "../cockpit/words";
import { HourChart } from "./hour_chart";
import { useLivePage } from "./live";
import { moment } from "./page";
import { Tiles } from "./tiles";
import { DIRECTIONS, VERDICTS } from "./words";

/** One gate: who passes, at which hours, how what serves it is, and what holds there. */
export class GatePage extends Component {
    static template = "hr_face_attendance.GatePage";
    static components = { HourChart, Layout, Tiles };
    static props = { ...standardActionServiceProps };
    static path = "face-gate";
    static displayName = _t("Gate");

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        Object.assign(
            this,
            useLivePage(this, "gate", (view) => [view]),
        );
        Object.assign(this, { DIRECTIONS, HEALTH, OUTCOMES, VERDICTS });
        Object.assign(this, {
            camera,
            contact,
            facts,
            isClockOff,
            moment,
            reasonOf,
            share,
            timeOf,
        });
    }

    get tiles() {
        const { today } = this.state.view;
        const tile = (id, label, look = "") => ({
            id,
            label,
            value: countOf(today, id),
            look,
        });
        const alarm = (id) => (countOf(today, id) ? "text-danger" : "");
        return [
            tile(
                "identified",
                _t("Identified today"),
                countOf(today, "identified") ? "text-success" : "",
            ),
            tile("strangers", _t("Strangers"), alarm("strangers")),
            tile("refused", _t("Refused"), alarm("refused")),
            tile("pictures", _t("Pictures not good enough")),
            tile("again", _t("Seen just before")),
        ].filter((one) => one.value || one.id !== "again");
    }

    /** The events that a tile counts. */
    openTile(id) {
        const { name, since } = this.state.view;
        return this.journal.openList(_t("Events at %s", name), "hr.face.event", [
            ["gate_id", "=", this.number],
            ["outcome", "in", OUTCOMES_OF[id]],
            ["captured_at", ">=", since],
        ]);
    }

    openEvents() {
        return this.journal.openList(_t("Events at %s", this.state.view.name), "hr.face.event", [
            ["gate_id", "=", this.number],
        ]);
    }

    openSettings() {
        return this.journal.openRecord("hr.face.gate", this.number);
    }

    /** What a button of the gate's form does. */
    async press(method) {
        this.action.doAction(await this.orm.call("hr.face.gate", method, [[this.number]]));
    }

    get busiest() {
        const rows = this.state.view.hours.busiest;
        return rows.map((row) => ({
            ...row,
            label: `${clockOf(row.hour, 60)}–${clockOf(row.hour + 1, 60)}`,
            each: formatFloat(row.count, { digits: [16, row.count < 10 ? 1 : 0] }),
        }));
    }

    value(row) {
        return typeof row.value === "number"
            ? formatFloat(row.value, { digits: [16, 4], trailingZeros: false })
            : row.value;
    }

    source(row) {
        if (row.level === "here") {
            return _t("set here");
        }
        return row.level === "standard" ? _t("standard") : _t("from %s", row.source);
    }
}

registry.category("actions").add("hr_face_attendance.gate", GatePage);
