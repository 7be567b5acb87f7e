import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { shown } from "./rows";
import { reasonOf, timeOf } from "./told";
import { OUTCOMES, SOURCES } from "./words";

/** Who stood where, as it happens. */
export class EventStream extends Component {
    static template = "hr_face_attendance.EventStream";
    static props = { rows: Array, gates: Number, onOpen: Function, onNewGate: Function };

    setup() {
        this.state = useState({ filter: "all" });
        Object.assign(this, { reasonOf, timeOf });
    }

    get rows() {
        return shown(this.props.rows, this.state.filter);
    }

    get tabs() {
        return [
            { id: "all", label: _t("Everything") },
            { id: "alerts", label: _t("Strangers and refusals") },
        ];
    }

    title(row) {
        return row.name || OUTCOMES[row.outcome];
    }

    where(row) {
        return row.gate || SOURCES[row.source];
    }

    outcome(row) {
        return OUTCOMES[row.outcome];
    }

    direction(row) {
        return { in: _t("IN"), out: _t("OUT") }[row.direction];
    }
}
