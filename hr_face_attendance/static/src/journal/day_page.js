import { Component, onWillStart, useState } from "@odoo/owl";
import { DateTimeInput } from "@web/core/datetime/datetime_input";
import { deserializeDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { Pager } from "@web/core/pager/pager";
import { registry } from "@web/core/registry";
import { useDebounced } from "@web/core/utils/timing";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { dateOfId, daysLater, hours, idOfDate, percent } from "./journal";
import { clock, longDate, under, useJournal } from "./page";
import { Tiles } from "./tiles";
import { STATES } from "./words";

const REST_MS = 250;

/** A day: how many were what, its sessions, and its people. */
export class DayPage extends Component {
    static template = "hr_face_attendance.DayPage";
    static components = { DateTimeInput, Layout, Pager, Tiles };
    static props = { ...standardActionServiceProps };
    static path = "face-day";
    static displayName = _t("Day");

    setup() {
        const today = luxon.DateTime.local().toISODate();
        this.state = useState({
            view: null,
            failed: "",
            date: dateOfId(this.props.resId) || today,
            filter: "",
            search: "",
            department: 0,
            offset: 0,
        });
        this.journal = useJournal(this.state);
        Object.assign(this, { STATES, clock, hours, under });
        this.later = useDebounced(() => this.read(), REST_MS);
        onWillStart(() => this.go(this.state.date));
    }

    async read() {
        const { date, filter, search, department, offset } = this.state;
        await this.journal.read("day", [date], { state: filter, search, department, offset });
    }

    go(date) {
        Object.assign(this.state, { date, offset: 0 });
        this.env.config.setDisplayName(longDate(date));
        this.props.updateActionState?.({ resId: idOfDate(date) });
        return this.read();
    }

    step(days) {
        return this.go(daysLater(this.state.date, days));
    }

    get picked() {
        return deserializeDate(this.state.date);
    }

    onPicked(date) {
        if (date) {
            this.go(date.toISODate());
        }
    }

    pick(filter) {
        this.state.filter = this.state.filter === filter ? "" : filter;
        this.state.offset = 0;
        return this.read();
    }

    onSearch(event) {
        Object.assign(this.state, { search: event.target.value, offset: 0 });
        this.later();
    }

    onDepartment(event) {
        Object.assign(this.state, { department: Number(event.target.value), offset: 0 });
        return this.read();
    }

    onPage({ offset }) {
        this.state.offset = offset;
        return this.read();
    }

    get tiles() {
        const { counts } = this.state.view;
        const tile = (id, label, look = "") => ({ id, label, value: counts[id], look });
        const alarm = (id) => (counts[id] ? "text-danger" : "");
        return [
            tile("here", _t("Present · %s", percent(counts.rate)), "text-success"),
            tile("still_in", _t("Still in")),
            tile("late", _t("Late")),
            tile("absent", _t("Absent"), alarm("absent")),
            tile("away", _t("On leave or holiday")),
            tile("missing_punch", _t("Missing punch")),
            tile("pending", _t("Expected")),
        ].filter((one) => one.value || !["missing_punch", "pending"].includes(one.id));
    }
}

registry.category("actions").add("hr_face_attendance.day", DayPage);
