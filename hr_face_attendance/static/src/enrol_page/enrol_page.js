import { Component, onWillStart, useState } from "@odoo/owl";
import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { Collector } from "../enrol/collector";
import { nextPose } from "../enrol/plan";

const PAGE = "/hr_face_attendance/enrol";

/**
 * What an employee sees who opened their enrolment link: agree, take the pictures, done.
 *
 * The link's secret is in the fragment, which no browser sends anywhere by itself.
 */
export class EnrolPage extends Component {
    static template = "hr_face_attendance.EnrolPage";
    static components = { Collector };
    static props = {};

    setup() {
        this.secret = window.location.hash.slice(1);
        this.state = useState({
            step: "loading",
            screen: null,
            captures: [],
            photos: false,
            problem: null,
            busy: false,
        });
        onWillStart(() => this.load());
    }

    get complete() {
        return this.state.photos ? this.hasAll : nextPose(this.state.captures) === null;
    }

    get hasAll() {
        const poses = new Set(this.state.captures.map((one) => one.pose));
        return ["frontal", "left", "right"].every((pose) => poses.has(pose));
    }

    async ask(step, params = {}) {
        this.state.problem = null;
        this.state.busy = true;
        try {
            return await rpc(`${PAGE}/${step}`, { secret: this.secret, ...params });
        } catch (error) {
            this.state.problem = error.data?.message ?? "offline";
            return null;
        } finally {
            this.state.busy = false;
        }
    }

    show(screen) {
        if (!screen) {
            return;
        }
        if (screen.over) {
            this.state.step = screen.review === undefined ? "over" : "done";
            this.state.review = Boolean(screen.review);
            return;
        }
        this.state.screen = screen;
        this.state.step = screen.consent.given ? "capture" : "consent";
    }

    async load() {
        this.show(await this.ask("screen"));
    }

    async agree() {
        this.show(await this.ask("consent", { version: this.state.screen.consent.version }));
    }

    async getToken() {
        const granted = await rpc(`${PAGE}/token`, { secret: this.secret });
        if (granted.over) {
            this.show(granted);
        }
        return granted;
    }

    onChange(captures) {
        this.state.captures = [...captures];
    }

    async finish() {
        this.show(await this.ask("finish"));
    }
}

registry.category("public_components").add("hr_face_attendance.EnrolPage", EnrolPage);
