import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { camera, contact, isClockOff, signed } from "../cockpit/told";
import { HEALTH } from "../cockpit/words";
import { useLivePage } from "./live";
import { moment } from "./page";
import { PAIRING, VERDICTS } from "./words";

/** One device: its gates, its health, and whether what it told is all there and unchanged. */
export class DevicePage extends Component {
    static template = "hr_face_attendance.DevicePage";
    static components = { Layout };
    static props = { ...standardActionServiceProps };
    static path = "face-device";
    static displayName = _t("Device");

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        Object.assign(
            this,
            useLivePage(this, "device", (view) => view.gates || []),
        );
        Object.assign(this, { HEALTH, PAIRING, VERDICTS, camera, contact, moment });
    }

    /** What is to be 0, or near it: an operator sees at once which number is not. */
    get facts() {
        const { view } = this.state;
        const off = isClockOff(view);
        const overdue = view.erasures.overdue > 0;
        const fact = (id, label, value, alarm) => ({ id, label, value, alarm });
        return [
            fact("pending", _t("Events waiting"), view.pending, view.room_state === "full"),
            fact("parked", _t("Parked"), view.parked, view.parked > 0),
            fact("faults", _t("Faults in what it told"), view.audit.count, view.audit.count > 0),
            fact("clock", this.clockLabel, view.last_contact ? this.clock : "–", off),
            fact("erasures", _t("Erasures waiting"), view.erasures.waiting, overdue),
        ];
    }

    get clock() {
        return signed(this.state.view.clock_offset_ms);
    }

    get clockLabel() {
        const { clock_uncertainty_ms: uncertainty, last_contact } = this.state.view;
        return last_contact ? _t("Clock, ms (give or take %s)", uncertainty) : _t("Clock, ms");
    }

    get badge() {
        const { state, health } = this.state.view;
        return state === "paired" ? HEALTH[health] : PAIRING[state];
    }

    /** What somebody has to do something about. */
    get warnings() {
        const { room_state: room, other_model: wanted, model: own, erasures } = this.state.view;
        return [
            room === "full" &&
                _t(
                    "Its storage is full: nobody is noted or let in at its gates until it reaches Odoo again or its disk is freed.",
                ),
            room === "low" && _t("Its storage is filling up."),
            wanted &&
                _t(
                    "It describes faces with %(own)s, the company with %(wanted)s: it recognises nobody until they are the same.",
                    { own, wanted },
                ),
            erasures.overdue &&
                _t(
                    "Erasures wait since %s: it may still know people who withdrew their consent. Switch it on and connect it, or revoke it.",
                    moment(erasures.since),
                ),
        ].filter(Boolean);
    }

    /** Whether everything it told is there, and as it told it. */
    get verdict() {
        const { at, count } = this.state.view.audit;
        const look = (icon, color) => `fa-${icon} text-${color}`;
        if (!at) {
            const text = _t("Not verified yet: each week, or by the button above.");
            return { text, look: look("question-circle", "muted") };
        }
        return count
            ? {
                  text: _t("%(count)s faults were found on %(at)s:", { count, at: moment(at) }),
                  look: look("exclamation-triangle", "danger"),
              }
            : {
                  text: _t("On %s every event was there, as the device signed it.", moment(at)),
                  look: look("check-circle", "success"),
              };
    }

    erased({ reason, templates: count }) {
        return _t("%(reason)s · templates: %(count)s", { reason, count });
    }

    /** [label, value] of what is known, for a list. */
    get details() {
        const view = this.state.view;
        const rows = [
            [_t("Delivered through"), moment(view.delivered_through)],
            [_t("Room for events"), view.last_contact && view.room],
            [_t("Face model"), view.model],
            [_t("Version"), view.version],
            [_t("Runs on"), view.platform],
            [_t("Paired"), moment(view.paired_at)],
            [_t("Token valid until"), moment(view.token_expires_at)],
            [_t("Code valid until"), moment(view.code_expires_at)],
            [_t("Revoked"), moment(view.revoked_at)],
            [_t("Only people of"), view.sites.join(", ")],
            [_t("Registration station"), view.may_enrol && _t("Yes")],
            [_t("Recognition service"), view.is_service && _t("Yes")],
        ];
        return rows.filter(([, value]) => value || value === 0);
    }

    openEvents() {
        return this.journal.openList(_t("Events of %s", this.state.view.name), "hr.face.event", [
            ["device_id", "=", this.number],
        ]);
    }

    openSettings() {
        return this.journal.openRecord("hr.face.device", this.number);
    }

    /** What a button of the device's form does; what it changed is read at once. */
    async press(method) {
        const next = await this.orm.call("hr.face.device", method, [[this.number]]);
        if (next.tag === "display_notification") {
            delete next.params.next;
        }
        await this.action.doAction(next);
        await this.read();
    }
}

registry.category("actions").add("hr_face_attendance.device", DevicePage);
