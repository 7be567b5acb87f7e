import { Component, onWillStart, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Collector } from "./collector";
import { LinkPane } from "./link_pane";
import { Tiles } from "./tiles";
import { poseWords } from "./words";

const MODEL = "hr.face.enrolment";

/**
 * Enrols one person after the other: consent, pictures, review.
 *
 * Props:
 *   employeeId    whom to begin with
 *   enrolmentId   an enrolment that waits for review; optional
 *   onDone        called when the dialog closes after something changed
 */
export class EnrolDialog extends Component {
    static template = "hr_face_attendance.EnrolDialog";
    static components = { Collector, Dialog, LinkPane, Tiles };
    static props = {
        close: Function,
        employeeId: Number,
        enrolmentId: { type: Number, optional: true },
        onDone: { type: Function, optional: true },
    };

    setup() {
        this.orm = useService("orm");
        this.state = useState({
            step: "capture",
            way: "dialog",
            screen: null,
            captures: [],
            review: null,
            toldApart: false,
            done: null,
            busy: false,
        });
        this.changed = false;
        onWillStart(() =>
            this.props.enrolmentId
                ? this.resume(this.props.enrolmentId)
                : this.begin(this.props.employeeId),
        );
    }

    get title() {
        const name = this.state.screen?.employee.name;
        return name ? _t("Enrol %s", name) : _t("Enrol");
    }

    get ways() {
        return [
            { way: "dialog", icon: "fa-video-camera", words: _t("Camera") },
            { way: "photos", icon: "fa-picture-o", words: _t("Photos") },
            { way: "link", icon: "fa-qrcode", words: _t("Link to their phone") },
        ];
    }

    get missing() {
        return (this.state.review?.missing ?? []).map((pose) => poseWords(pose)).join(", ");
    }

    get same() {
        return (this.state.review?.similar ?? []).filter((one) => one.same);
    }

    get alike() {
        return (this.state.review?.similar ?? []).filter((one) => !one.same);
    }

    get reviewTiles() {
        const chosen = this.state.review.chosen;
        return this.state.captures
            .filter((one) => chosen.includes(one.uuid))
            .map((one) => ({ ...one, kept: true, reasons: [] }));
    }

    percent(similarity) {
        return Math.floor(similarity * 1000) / 10;
    }

    call(method, args = []) {
        return this.orm.call(MODEL, method, [[this.state.screen.id], ...args]);
    }

    async begin(employeeId, way = "dialog") {
        const source = way === "photos" ? "photos" : "dialog";
        const screen = await this.orm.call(MODEL, "begin", [employeeId, source]);
        this.show(screen, way);
    }

    async resume(enrolmentId) {
        const screen = await this.orm.call(MODEL, "screen", [[enrolmentId]]);
        this.show(screen, "dialog");
        this.state.captures = screen.captures.map((one) => ({
            ...one,
            src: `/hr_face_attendance/capture/${one.id}`,
        }));
        await this.toReview();
    }

    show(screen, way) {
        Object.assign(this.state, {
            screen,
            way,
            step: screen.consent.given ? "capture" : "consent",
            captures: [],
            review: null,
            toldApart: false,
            done: null,
        });
    }

    async chooseWay(way) {
        if (way === "link") {
            this.state.way = way;
        } else if (way !== this.state.way) {
            await this.begin(this.state.screen.employee.id, way);
        }
    }

    /** There they agree by themselves. */
    toLink() {
        Object.assign(this.state, { step: "capture", way: "link" });
    }

    async agree(method) {
        await this.busily(async () => {
            this.changed = true;
            const { lang } = this.state.screen.consent;
            this.state.screen = await this.call("give_consent", [method, lang]);
            this.state.step = "capture";
        });
    }

    getToken() {
        return this.call("token");
    }

    onChange(captures) {
        this.state.captures = [...captures];
    }

    async drop(uuid) {
        await this.call("drop", [uuid]);
    }

    async dropInReview(uuid) {
        await this.drop(uuid);
        this.state.captures = this.state.captures.filter((one) => one.uuid !== uuid);
        await this.toReview();
    }

    toReview() {
        return this.busily(async () => {
            this.state.review = await this.call("review");
            this.state.step = "review";
        });
    }

    confirm() {
        return this.busily(async () => {
            this.state.done = await this.call("confirm", [this.state.toldApart]);
            this.state.step = "done";
            this.changed = true;
        });
    }

    async next() {
        await this.begin(this.state.done.next.id, this.state.way);
    }

    async busily(work) {
        this.state.busy = true;
        try {
            await work();
        } finally {
            this.state.busy = false;
        }
    }

    async discard() {
        if (this.state.step !== "done") {
            await this.call("cancel");
        }
        this.close();
    }

    close() {
        this.props.close();
        if (this.changed) {
            this.props.onDone?.();
        }
    }
}

registry.category("actions").add("hr_face_attendance.enrol", (env, action) => {
    const { employee_id: employeeId, enrolment_id: enrolmentId } = action.params;
    const reload = () =>
        env.services.action.doAction({ type: "ir.actions.client", tag: "soft_reload" });
    env.services.dialog.add(EnrolDialog, { employeeId, enrolmentId, onDone: reload });
});
