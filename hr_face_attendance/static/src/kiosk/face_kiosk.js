import { Component, onMounted, onWillUnmount, useExternalListener, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { FaceCamera } from "../camera/face_camera";
import { guidanceWords } from "../camera/words";
import { guided, newGuide, textOf } from "./challenge_guide";
import { KioskResult } from "./kiosk_result";
import { CallRefused, ServiceAway } from "./recognition_client";
import { newUuid } from "./uuid";
import { answered, isLastTry, newVisit } from "./visit";

const RETRY_MS = 1500;
const KEEP_ALIVE_MS = 20000;
const GONE_MS = 700;
const FORGET_MS = 20000;
const UNKNOWN_MS = 10000;
const STAYED_EVERY_MS = 1000;
const FRAME_EVERY_MS = 60;
const CHALLENGE_EVERY_MS = 100;
/** As many as the service takes of a visit: 15 seconds of a challenge. */
const MOST_FRAMES = 150;
// Odoo hears of the event from the service: asked at once it knows nothing, and has less time
const POLLS_MS = [80, 50, 50, 60, 60, 80, 100, 150, 300, 500];
const POLL_FOR_MS = 60000;
const MOST_VOTES = 5;

/**
 * The kiosk's camera screen: a visit after the other (visit.js), each shown its result.
 *
 * Props:
 *   services  a KioskServices; it outlives this screen
 *   resume    a visit that was concluded elsewhere (PIN or badge besides the face), to be shown
 *   badges    whether the other ways are shown from the start and not only offered
 *   onBadge, onManual   () the person wants another way
 *   onResumed           () `resume` has been taken up
 *   onFactor  ({visit, frames}) the face alone does not tell; ask for PIN or badge
 */
export class FaceKiosk extends Component {
    static template = "hr_face_attendance.FaceKiosk";
    static components = { FaceCamera, KioskResult };
    static props = {
        services: Object,
        resume: { type: [Object, { value: null }], optional: true },
        badges: Boolean,
        onBadge: Function,
        onManual: Function,
        onFactor: Function,
        onResumed: Function,
    };

    setup() {
        this.services = useState(this.props.services.state);
        this.state = useState({ visit: null, view: null, text: "", step: null, ready: false });
        this.startVisit();
        this.frames = [];
        this.told = null; // {encounter, event} of the visit before, while somebody is in view
        this.askedAt = -Infinity;
        this.guide = null; // of the challenge under way
        this.gone = false;
        this.timers = new Set();
        this.onOnline = () => this.services.away && this.begin();
        useExternalListener(window, "keydown", ({ key }) => {
            if (key === "Escape" && this.isCovered) {
                this.done();
            }
        });
        onMounted(() => {
            window.addEventListener("online", this.onOnline);
            this.alive = setInterval(() => this.keepAlive(), KEEP_ALIVE_MS);
            this.begin();
            if (this.props.resume) {
                this.state.visit = this.props.resume;
                this.props.onResumed();
                this.tell();
            }
        });
        onWillUnmount(() => {
            this.gone = true;
            window.removeEventListener("online", this.onOnline);
            clearInterval(this.alive);
            this.timers.forEach(clearTimeout);
        });
    }

    get banner() {
        return {
            odoo: _t("Offline: the server cannot be reached. Trying again …"),
            service: _t("Face recognition is away. Trying again …"),
            none: _t("No recognition service serves this gate. Please use your badge or PIN."),
        }[this.services.away];
    }

    /** Nobody's face is shown behind a result. */
    get isCovered() {
        return ["told", "unknown"].includes(this.state.visit.phase);
    }

    get offers() {
        return this.props.badges || this.state.visit.phase === "unknown" || this.services.away;
    }

    /** Of a challenge: what a screen reader says of the dots. */
    get stepWords() {
        const { at, of } = this.state.step;
        return _t("%(done)s of %(all)s steps done", {
            done: Math.min(Math.max(at, 0), of),
            all: of,
        }).toString();
    }

    get isChallengeOver() {
        return this.guide.done || this.frames.length >= MOST_FRAMES;
    }

    get everyMs() {
        return this.state.visit.phase === "challenge" ? CHALLENGE_EVERY_MS : FRAME_EVERY_MS;
    }

    wait(ms) {
        return new Promise((done) => {
            const timer = setTimeout(() => {
                this.timers.delete(timer);
                done();
            }, ms);
            this.timers.add(timer);
        });
    }

    startVisit() {
        this.frames = [];
        this.state.text = "";
        this.state.step = null;
        this.state.view = null;
        this.state.visit = newVisit(newUuid());
    }

    /** Reach Odoo and the service, however long it takes. */
    async begin() {
        if (this.beginning) {
            return;
        }
        this.beginning = true;
        while (!this.gone && !(await this.props.services.reach())) {
            await this.wait(RETRY_MS);
        }
        this.beginning = false;
        this.state.ready = !this.gone;
    }

    async keepAlive() {
        if (!this.beginning && !(await this.props.services.reach())) {
            await this.begin();
        }
    }

    async onFrame(frame) {
        const { phase } = this.state.visit;
        if (phase === "challenge") {
            if (this.guide && this.frames.length < MOST_FRAMES) {
                this.frames.push(frame);
                this.guide = guided(this.guide, frame.atMs, frame);
            }
            return;
        }
        if (phase !== "looking") {
            return;
        }
        const votes = Math.min(this.props.services.votes, MOST_VOTES);
        this.frames = [...this.frames.slice(1 - votes), frame].slice(-votes);
        if (this.told && frame.atMs - this.askedAt < STAYED_EVERY_MS) {
            return;
        }
        if (this.frames.length >= votes) {
            this.askedAt = frame.atMs;
            await this.ask();
        }
    }

    /** Ask about the frames, again and again while the service is away. */
    async ask() {
        const visit = this.state.visit;
        const startedAt = performance.now();
        while (!this.gone && this.state.visit === visit) {
            try {
                const how = {
                    encounter: visit.encounter,
                    final: isLastTry(visit),
                    after: this.told?.encounter,
                };
                const answer = await this.props.services.client.identify(this.frames, how);
                this.props.services.back();
                this.heard(visit, answer);
                return;
            } catch (error) {
                if (error instanceof CallRefused) {
                    console.warn("The service refused a picture:", error.code);
                    this.frames = [];
                    return;
                }
                this.props.services.lost(error instanceof ServiceAway ? "service" : "odoo");
                if (performance.now() - startedAt > FORGET_MS) {
                    this.startVisit();
                    return;
                }
                await this.wait(RETRY_MS);
            }
        }
    }

    /** The person told before may still be there, or just have left; else the visit goes on. */
    heard(visit, answer) {
        if (this.gone || this.state.visit !== visit) {
            return;
        }
        if (this.told && answer.event && answer.event === this.told.event) {
            this.startVisit();
            return;
        }
        if (answer.outcome === "no_face") {
            this.left();
        }
        this.advance(visit, answered(visit, answer));
    }

    advance(visit, next) {
        if (this.gone || this.state.visit !== visit) {
            return;
        }
        this.state.visit = next;
        if (next.phase === "told") {
            this.tell();
        } else if (next.phase === "factor") {
            this.props.onFactor({ visit: next, frames: this.frames });
        } else if (next.phase === "challenge") {
            this.challenge();
        } else if (next.phase === "unknown") {
            this.frames = [];
            this.moveOn();
        } else if (this.frames.at(-1)?.pose) {
            this.frames = []; // unjudged ones come slowly, so the last few stay
        }
    }

    /** Whoever comes next needs no gap behind somebody unknown. */
    async moveOn() {
        const { visit } = this.state;
        await this.wait(UNKNOWN_MS);
        if (!this.gone && this.state.visit === visit) {
            this.done();
        }
    }

    /** Show what came of the event, as soon as Odoo says it. */
    async tell() {
        const { visit } = this.state;
        const startedAt = performance.now();
        for (let i = 0; !this.gone && this.state.visit === visit; i++) {
            await this.wait(POLLS_MS[Math.min(i, POLLS_MS.length - 1)]);
            const known = await this.props.services.result(visit.event);
            if (known && this.state.visit === visit) {
                this.state.view = known;
                return;
            }
            if (performance.now() - startedAt > POLL_FOR_MS) {
                this.done();
                return;
            }
        }
    }

    /** Ask for the steps one after the other, then have the service judge all frames. */
    async challenge() {
        const visit = this.state.visit;
        try {
            const asked = await this.props.services.client.challenge(visit.encounter);
            this.frames = [];
            this.guide = newGuide(asked.steps, performance.now());
            while (!this.isChallengeOver && !this.gone && this.state.visit === visit) {
                this.state.text = guidanceWords(textOf(this.guide)).toString();
                this.state.step = { at: this.guide.at, of: asked.steps.length };
                await this.wait(50);
                this.guide = guided(this.guide, performance.now());
            }
            this.guide = null;
            this.state.step = null;
            if (this.gone || this.state.visit !== visit) {
                return;
            }
            this.state.text = _t("Thank you. One moment …").toString();
            const final = visit.challenges > 0;
            const how = { encounter: visit.encounter, final, challenge: asked.challenge };
            const answer = await this.props.services.client.identify(this.frames, how);
            this.state.text = "";
            this.advance(visit, answered(visit, answer));
        } catch (error) {
            if (this.gone) {
                return;
            }
            if (!(error instanceof CallRefused)) {
                this.props.services.lost(error instanceof ServiceAway ? "service" : "odoo");
                await this.begin();
            }
            this.startVisit();
        }
    }

    onGuidance(code) {
        clearTimeout(this.leaving);
        if (code !== "come_into_view") {
            return;
        }
        this.leaving = setTimeout(() => this.left(), GONE_MS);
        this.timers.add(this.leaving);
    }

    /** Nobody is in view any more: the next face is another visit. */
    left() {
        this.told = null;
        const { phase } = this.state.visit;
        if (phase === "unknown" || (phase === "looking" && this.state.visit.tries)) {
            this.startVisit();
        }
    }

    async onCorrect(kind) {
        const { visit } = this.state;
        const view = await this.props.services.correct(visit.event, kind);
        if (this.state.visit === visit) {
            this.state.view = view;
        }
    }

    /** Back to the camera; whoever has just been told may still stand there. */
    done() {
        const { encounter, event } = this.state.visit;
        this.told = { encounter, event };
        this.startVisit();
    }

    again() {
        this.told = null;
        this.startVisit();
    }
}
