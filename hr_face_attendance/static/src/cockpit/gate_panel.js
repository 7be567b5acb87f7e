import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { byNeed } from "./rows";
import { CAMERAS, HEALTH } from "./words";

const CLOCK_OFF_MS = 2000;

/** How the gates are; the one that needs somebody first. */
export class GatePanel extends Component {
    static template = "hr_face_attendance.GatePanel";
    static props = { gates: Array, onOpen: Function, onNewGate: Function };

    get gates() {
        return byNeed(this.props.gates);
    }

    health(gate) {
        return HEALTH[gate.health];
    }

    camera(gate) {
        const fps = gate.fps && gate.camera === "ok" ? ` · ${gate.fps.toFixed(1)} fps` : "";
        return (CAMERAS[gate.camera] || "") + fps;
    }

    contact(gate) {
        return gate.last_contact
            ? _t("Last contact %s", deserializeDateTime(gate.last_contact).toRelative())
            : _t("No contact yet");
    }

    /** What an installer asks first, in one line per device. */
    facts(gate, device) {
        if (!gate.last_contact) {
            return [];
        }
        const offset = device.clock_offset_ms;
        return [
            device.pending ? _t("%s events waiting", device.pending) : _t("nothing waiting"),
            _t("clock %s ms", offset > 0 ? `+${offset}` : offset),
            device.model,
            device.version && _t("version %s", device.version),
        ].filter(Boolean);
    }

    isClockOff(device) {
        return Math.abs(device.clock_offset_ms) > CLOCK_OFF_MS;
    }
}
