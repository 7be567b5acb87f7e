import { Component } from "@odoo/owl";
import { byNeed } from "./rows";
import { camera, contact, facts, isClockOff } from "./told";
import { HEALTH } from "./words";

/** How the gates are; the one that needs somebody first. */
export class GatePanel extends Component {
    static template = "hr_face_attendance.GatePanel";
    static props = { gates: Array, onOpen: Function, onNewGate: Function };

    setup() {
        Object.assign(this, { HEALTH, camera, contact, isClockOff });
    }

    get gates() {
        return byNeed(this.props.gates);
    }

    facts(gate, device) {
        return gate.last_contact ? facts(device) : [];
    }
}
