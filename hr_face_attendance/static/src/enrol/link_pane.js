import { Component, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

/** A link with which the employee enrols on their own phone: sent, or shown as a code. */
export class LinkPane extends Component {
    static template = "hr_face_attendance.EnrolLinkPane";
    static props = { employeeId: Number };

    setup() {
        this.orm = useService("orm");
        this.notification = useService("notification");
        this.state = useState({ link: null, busy: false });
    }

    get until() {
        return formatDateTime(deserializeDateTime(this.state.link.expires_at));
    }

    async make(send) {
        this.state.busy = true;
        try {
            const args = [this.props.employeeId, send];
            this.state.link = await this.orm.call("hr.face.enrolment", "make_link", args);
        } finally {
            this.state.busy = false;
        }
    }

    async copy() {
        await browser.navigator.clipboard.writeText(this.state.link.url);
        this.notification.add(_t("Copied"), { type: "success" });
    }

    async revoke() {
        await this.orm.call("hr.face.enrolment", "action_revoke_link", [[this.state.link.id]]);
        this.state.link = null;
        this.notification.add(_t("The link is good no more."), { type: "info" });
    }
}
