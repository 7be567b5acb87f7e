import { Component, onWillStart, useState } from "@odoo/owl";
import { deserializeDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { OUTCOMES, SOURCES } from "../cockpit/words";
import { hours, percent, weeksOf } from "./journal";
import { longDate, moment, under, useJournal } from "./page";
import { ENROLMENT, STATES } from "./words";

const PERIODS = [30, 90, 365];

/** One person: seen where and when, and what their days came to. */
export class PersonPage extends Component {
    static template = "hr_face_attendance.PersonPage";
    static components = { Layout };
    static props = { ...standardActionServiceProps };
    static path = "face-person";
    static displayName = _t("Person");

    setup() {
        this.person = this.props.resId || this.props.action.params?.employee_id;
        this.state = useState({ view: null, failed: "", days: 90 });
        this.journal = useJournal(this.state);
        Object.assign(this, { ENROLMENT, OUTCOMES, PERIODS, SOURCES, STATES });
        Object.assign(this, { moment, under });
        onWillStart(() => this.read());
    }

    async read() {
        await this.journal.read("person", [this.person, this.state.days]);
        if (this.state.view) {
            this.env.config.setDisplayName(this.state.view.name);
        }
        this.props.updateActionState?.({ resId: this.person });
    }

    choose(days) {
        this.state.days = days;
        return this.read();
    }

    get weeks() {
        return weeksOf(this.state.view.calendar);
    }

    get facts() {
        const { summary, usual_gate: gate, usual_in_min: usual } = this.state.view;
        const late = summary.late ? Math.round(summary.late_min / summary.late) : 0;
        return [
            { id: "here", label: _t("Days present"), value: summary.here },
            { id: "absent", label: _t("Days absent"), value: summary.absent },
            { id: "rate", label: _t("Presence rate"), value: percent(summary.rate) },
            {
                id: "late",
                label: late ? _t("Days late, %s min on average", late) : _t("Days late"),
                value: summary.late,
            },
            {
                id: "in",
                label: _t("Usually in at"),
                value: usual === false ? "–" : hours(usual),
            },
            {
                id: "gate",
                label: gate
                    ? _t("Usual gate, %s of sightings", percent(gate.share))
                    : _t("Usual gate"),
                value: gate ? gate.name : "–",
            },
        ];
    }

    square(day) {
        const what = [longDate(day.date), STATES[day.state].label];
        if (day.first_in) {
            what.push(`${day.first_in}–${day.last_out || "…"}`);
        }
        if (day.late_min) {
            what.push(_t("%s min late", day.late_min));
        }
        return what.join(", ");
    }

    monthOf(week, index) {
        const first = week.find(Boolean);
        const date = deserializeDate(first.date);
        const before = index && this.weeks[index - 1].find(Boolean);
        const isNew = !before || deserializeDate(before.date).month !== date.month;
        return isNew ? date.toLocaleString({ month: "short" }) : "";
    }

    openDays() {
        const { name } = this.state.view;
        return this.journal.openList(_t("Days of %s", name), "hr.face.day", this.own);
    }

    openEvents() {
        const { name } = this.state.view;
        return this.journal.openList(_t("Events of %s", name), "hr.face.event", this.own);
    }

    get own() {
        return [["employee_id", "=", this.person]];
    }
}

registry.category("actions").add("hr_face_attendance.person", PersonPage);
