import { Component, onWillStart, useState } from "@odoo/owl";
import { deserializeDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { dateOfId, idOfDate, monthAround, percent } from "./journal";
import { useJournal } from "./page";

/** A table of dates with how many were there; each leads to its day. */
export class DatesPage extends Component {
    static template = "hr_face_attendance.DatesPage";
    static components = { Layout };
    static props = { ...standardActionServiceProps };
    static path = "face-dates";
    static displayName = _t("Dates");

    setup() {
        const given = dateOfId(this.props.resId);
        const iso = given || luxon.DateTime.local().toISODate();
        this.state = useState({ view: null, failed: "", month: monthAround(iso)[0] });
        this.journal = useJournal(this.state);
        this.percent = percent;
        onWillStart(() => this.read());
    }

    async read() {
        await this.journal.read("dates", monthAround(this.state.month));
    }

    go(away) {
        this.state.month = monthAround(this.state.month, away)[0];
        this.props.updateActionState?.({ resId: idOfDate(this.state.month) });
        return this.read();
    }

    today() {
        this.state.month = monthAround(luxon.DateTime.local().toISODate())[0];
        this.props.updateActionState?.({ resId: idOfDate(this.state.month) });
        return this.read();
    }

    get monthName() {
        return deserializeDate(this.state.month).toLocaleString({ month: "long", year: "numeric" });
    }

    dayName(iso) {
        return deserializeDate(iso).toLocaleString({
            weekday: "short",
            day: "numeric",
            month: "short",
        });
    }
}

registry.category("actions").add("hr_face_attendance.dates", DatesPage);
