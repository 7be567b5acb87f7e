import { Component, useRef } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { lookOf, neighbour, placed } from "./roll";

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** A photo with a button around each face. Arrows go from face to face, Delete dismisses. */
export class PhotoBoard extends Component {
    static template = "hr_face_attendance.RollCallPhoto";
    static props = {
        call: Number,
        photo: Object,
        names: Object,
        selected: { type: Number, optional: true },
        onSelect: Function,
        onDismiss: Function,
    };

    setup() {
        this.root = useRef("root");
        this.lookOf = lookOf;
        this.placed = placed;
    }

    get url() {
        return `/hr_face_attendance/roll-call/${this.props.call}/photo/${this.props.photo.id}`;
    }

    nameOf(face) {
        return this.props.names.get(face.employee) || "";
    }

    percentOf(face) {
        return face.similarity ? `${Math.round(100 * face.similarity)} %` : "";
    }

    labelOf(face) {
        const words = {
            dismissed: _t("Dismissed"),
            unknown: _t("Unknown face"),
            elsewhere: _t("Enrolled, but not one of your people"),
            twice: _t("%s, named twice on this photo", this.nameOf(face)),
            again: _t("%s, on another photo, too", this.nameOf(face)),
            counts: this.nameOf(face),
        };
        return [words[lookOf(face)], this.percentOf(face)].filter(Boolean).join(", ");
    }

    onKeydown(ev, face) {
        if (ev.key in STEPS) {
            ev.preventDefault();
            const { id } = neighbour(this.props.photo.faces, face.id, STEPS[ev.key]);
            this.root.el.querySelector(`[data-face="${id}"]`).focus();
        } else if (ev.key === "Delete" || ev.key === "Backspace") {
            ev.preventDefault();
            this.props.onDismiss(face);
        }
    }
}
