import { Component, onWillUnmount, useEffect, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";

const WAITING_MS = 60000;

/**
 * What came of a visit: who, in or out and why, hours today; and for a short while the way to say
 * that it was wrong.
 *
 * Props:
 *   name, outcome   what the recognition service said
 *   view            what Odoo made of it (hr.face.event._kiosk_view), null while it has not said
 *   onCorrect       ("void" or "direction") => promise; absent: nothing can be said
 *   onDone          () after the company's delay, or a tap
 */
export class KioskResult extends Component {
    static template = "hr_face_attendance.KioskResult";
    static props = {
        name: String,
        outcome: String,
        view: { type: [Object, { value: null }] },
        onCorrect: { type: Function, optional: true },
        onDone: Function,
    };

    setup() {
        this.state = useState({ busy: false, failed: "", said: "" });
        useEffect(
            (delay) => {
                clearTimeout(this.timer);
                this.timer = setTimeout(() => this.props.onDone(), delay);
            },
            () => [this.delayMs, this.props.view],
        );
        onWillUnmount(() => clearTimeout(this.timer));
    }

    get delayMs() {
        return this.props.view?.delay_ms ?? WAITING_MS;
    }

    get isGood() {
        return this.props.outcome === "identified";
    }

    get name() {
        return this.props.view?.name ?? this.props.name;
    }

    get direction() {
        return this.props.view?.counts ? this.props.view.direction : null;
    }

    get greeting() {
        const { outcome, view } = this.props;
        const words = {
            no_clearance: _t("You may not pass here now"),
            presentation_attack: _t("This looks like a picture, not a person"),
            no_candidate: _t("I do not recognise you"),
            ambiguous: _t("Please use your badge or PIN"),
        };
        if (!this.isGood) {
            return words[outcome] ?? "";
        }
        if (!view) {
            return _t("Seen and noted");
        }
        return { in: _t("Welcome"), out: _t("Goodbye") }[this.direction] ?? _t("Hello");
    }

    get directionWords() {
        return { in: _t("IN"), out: _t("OUT") }[this.direction];
    }

    /** The reason without the direction in front, which is shown large already. */
    get reason() {
        const reason = this.isGood ? this.props.view?.reason : "";
        return (reason ?? "").replace(/^(IN|OUT): /, "");
    }

    get hours() {
        const hours = this.props.view?.hours_today;
        if (hours === null || hours === undefined) {
            return "";
        }
        const minutes = Math.round(hours * 60);
        return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
    }

    async correct(kind) {
        if (this.state.busy) {
            return; // the second tap of two: the buttons are not drawn as disabled yet
        }
        this.state.busy = true;
        this.state.failed = "";
        try {
            await this.props.onCorrect(kind);
            this.state.said =
                kind === "void"
                    ? _t("Taken back. HR has been told.")
                    : _t("Changed. HR has been told.");
        } catch (error) {
            this.state.failed =
                error.data?.message ?? _t("That did not get through. Please tell HR.");
        }
        this.state.busy = false;
    }
}
