import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { share } from "./rows";

/** Who is in now, by department and by site. */
export class InsidePanel extends Component {
    static template = "hr_face_attendance.InsidePanel";
    static props = { inside: Object, onOpen: Function };

    get groups() {
        const { departments = [], sites = [] } = this.props.inside;
        return [
            {
                id: "departments",
                label: _t("By department"),
                none: _t("No department"),
                rows: departments,
            },
            { id: "sites", label: _t("By site"), none: _t("No site"), rows: sites },
        ];
    }

    share(row, rows) {
        return share(row, rows);
    }
}
