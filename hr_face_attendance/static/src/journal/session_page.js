import { Component, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { clock, longDate, moment, under, useJournal } from "./page";
import { Tiles } from "./tiles";
import { STATES } from "./words";

const HERE = ["present", "late"];

/** A lecture, shift briefing or meeting: who of those expected was there. */
export class SessionPage extends Component {
    static template = "hr_face_attendance.SessionPage";
    static components = { Layout, Tiles };
    static props = { ...standardActionServiceProps };
    static path = "face-session";
    static displayName = _t("Session");

    setup() {
        this.session = this.props.resId || this.props.action.params?.session_id;
        this.state = useState({ view: null, failed: "", filter: "", mayCall: false });
        this.journal = useJournal(this.state);
        Object.assign(this, { STATES, clock, longDate, moment, under });
        onWillStart(async () => {
            this.state.mayCall = await user.hasGroup("hr_face_attendance.group_face_officer");
            await this.read();
        });
    }

    async read() {
        await this.journal.read("session", [this.session]);
        if (this.state.view) {
            this.env.config.setDisplayName(this.state.view.name);
        }
        this.props.updateActionState?.({ resId: this.session });
    }

    pick(filter) {
        this.state.filter = this.state.filter === filter ? "" : filter;
    }

    get people() {
        const { filter, view } = this.state;
        const wanted = filter === "here" ? HERE : [filter];
        return filter ? view.people.filter((row) => wanted.includes(row.state)) : view.people;
    }

    get tiles() {
        const { counts, present, expected } = this.state.view;
        const tile = (id, label, value, look = "") => ({ id, label, value, look });
        return [
            tile("here", _t("Present of %s expected", expected), present, "text-success"),
            tile("late", _t("Late"), counts.late),
            tile("absent", _t("Absent"), counts.absent, counts.absent ? "text-danger" : ""),
            tile("leave", _t("Excused"), counts.leave),
            tile("pending", _t("Not yet there"), counts.pending),
        ].filter((one) => one.value || !["leave", "pending"].includes(one.id));
    }

    how(row) {
        if (row.by_roll_call) {
            return _t("Roll call");
        }
        return row.late_min ? _t("%s min late", row.late_min) : "";
    }
}

registry.category("actions").add("hr_face_attendance.session", SessionPage);
