import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { clock, pieces } from "./windows";

const ICONS = {
    everyone: "fa-globe",
    department: "fa-sitemap",
    tag: "fa-tag",
    employee: "fa-user",
};

/** People by hours of one day of the week: whom the gate will let pass, before anyone tries. */
export class ClearancePreview extends Component {
    static template = "hr_face_attendance.ClearancePreview";
    static props = { ...standardFieldProps };

    setup() {
        this.state = useState({ day: luxon.DateTime.local().weekday - 1 });
        this.days = luxon.Info.weekdays("short");
        this.hours = [0, 6, 12, 18, 24];
    }

    get view() {
        return this.props.record.data[this.props.name] || { rows: [], more: 0 };
    }

    icon(row) {
        return ICONS[row.kind];
    }

    pieces(row) {
        return pieces(row.week[this.state.day]);
    }

    words(row) {
        const day = row.week[this.state.day];
        return day.length
            ? day.map(([from, to]) => `${clock(from)}–${clock(to)}`).join(", ")
            : _t("not at all");
    }
}

registry.category("fields").add("face_clearance_preview", {
    component: ClearancePreview,
    displayName: _t("Who may enter when"),
    supportedTypes: ["json", "jsonb"],
});
