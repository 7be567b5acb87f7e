import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { shown } from "./rows";
import { OUTCOMES, SOURCES } from "./words";

/** Who stood where, as it happens. */
export class EventStream extends Component {
    static template = "hr_face_attendance.EventStream";
    static props = { rows: Array, gates: Number, onOpen: Function, onNewGate: Function };

    setup() {
        this.state = useState({ filter: "all" });
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

    time(row) {
        const at = deserializeDateTime(row.at);
        const isToday = at.hasSame(luxon.DateTime.local(), "day");
        return isToday
            ? at.toLocaleString(luxon.DateTime.TIME_WITH_SECONDS)
            : at.toLocaleString({
                  day: "numeric",
                  month: "short",
                  hour: "2-digit",
                  minute: "2-digit",
              });
    }

    /** The direction stands in front already. */
    reason(row) {
        return (row.reason || "").replace(/^(IN|OUT): /, "");
    }
}
