import { Component, onWillStart, onWillUnmount, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { ArrivalsChart } from "./arrivals_chart";
import { EventStream } from "./event_stream";
import { GatePanel } from "./gate_panel";
import { Gatherer } from "./gatherer";
import { useHeard } from "./heard";
import { InsidePanel } from "./inside_panel";
import { OUTCOMES_OF, countOf, merged, recheckAfter } from "./rows";

const REST_MS = 700;
const GATES_REST_MS = 5000;

/** The live page. The bus says what is new; what to show is read by the viewer's own rights. */
export class Cockpit extends Component {
    static template = "hr_face_attendance.Cockpit";
    static components = { ArrivalsChart, EventStream, GatePanel, InsidePanel, Layout };
    static props = { ...standardActionServiceProps };
    static path = "face-cockpit";
    static displayName = _t("Live");

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ view: null, isAway: false, failed: "", mayConfigure: false });
        this.events = new Gatherer((ids) => this.readNews(ids), REST_MS);
        this.gates = new Gatherer(() => this.readGates(), GATES_REST_MS);
        useHeard({
            onEvents: ({ events }) => this.events.ask(events),
            onGates: () => this.gates.ask(),
            onAway: () => (this.state.isAway = true),
            onBack: () => this.paint(),
        });
        onWillStart(async () => {
            this.state.mayConfigure = await user.hasGroup("hr_face_attendance.group_face_manager");
            await this.paint();
        });
        onWillUnmount(() => {
            this.events.stop();
            this.gates.stop();
            clearTimeout(this.recheck);
        });
    }

    /** Everything anew: at first, and for what a cut connection missed. */
    async paint() {
        await this.ask("paint", [], (view) => {
            this.state.view = view;
            this.state.isAway = false;
        });
    }

    /** Without numbers, anything may have changed. */
    readNews(ids) {
        if (!ids.length) {
            return this.paint();
        }
        return this.ask("news", [ids], (news) => {
            const { events, curve } = this.state.view || { events: [], curve: {} };
            this.state.view = {
                ...news,
                events: merged(events, news.events),
                curve: { ...curve, ...news.curve },
            };
        });
    }

    readGates() {
        return this.ask("gates", [], ({ gates }) => (this.state.view.gates = gates));
    }

    /** A reading that fails leaves what is shown and says so; the next one mends it. */
    async ask(method, args, take) {
        try {
            take(await this.orm.silent.call("hr.face.cockpit", method, args));
            this.state.failed = "";
        } catch (error) {
            this.state.failed = error.data?.message || _t("Odoo does not answer at the moment.");
        }
        this.awaitSilence();
    }

    /** A gate that falls silent says nothing, so we look once when it would be told late. */
    awaitSilence() {
        clearTimeout(this.recheck);
        const seconds = recheckAfter(this.state.view?.gates || []);
        if (seconds) {
            this.recheck = setTimeout(() => this.gates.ask(), seconds * 1000);
        }
    }

    get tiles() {
        const { inside, today } = this.state.view;
        const count = (kind) => countOf(today, kind);
        return [
            { id: "still_in", label: _t("In now"), value: inside.count, look: "text-success" },
            { id: "pending", label: _t("Expected"), value: inside.expected },
            { id: "absent", label: _t("Absent"), value: inside.absent, alarm: true },
            { id: "leave", label: _t("On leave"), value: inside.leave },
            { id: "strangers", label: _t("Strangers"), value: count("strangers"), alarm: true },
            { id: "refused", label: _t("Refused"), value: count("refused"), alarm: true },
        ];
    }

    openTile(id) {
        const day = luxon.DateTime.local().startOf("day");
        if (id in OUTCOMES_OF) {
            const since = day.toUTC().toFormat("yyyy-MM-dd HH:mm:ss");
            return this.openList("hr.face.event", [
                ["outcome", "in", OUTCOMES_OF[id]],
                ["captured_at", ">=", since],
            ]);
        }
        const first = id === "still_in" ? day.minus({ days: 1 }) : day;
        return this.openList("hr.face.day", [
            ["status", "=", id],
            ["date", ">=", first.toISODate()],
        ]);
    }

    openList(model, domain) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: model === "hr.face.day" ? _t("Days") : _t("Events"),
            res_model: model,
            domain,
            views: [
                [false, "list"],
                [false, "form"],
            ],
        });
    }

    openRecord(model, id) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
        });
    }

    openGate({ id, name }) {
        return this.action.doAction(
            { type: "ir.actions.client", tag: "hr_face_attendance.gate", name },
            { props: { resId: id } },
        );
    }

    newGate() {
        return this.openRecord("hr.face.gate", false);
    }
}

registry.category("actions").add("hr_face_attendance.cockpit", Cockpit);
