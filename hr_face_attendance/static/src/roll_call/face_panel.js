import { Component } from "@odoo/owl";
import { SelectMenu } from "@web/core/select_menu/select_menu";
import { _t } from "@web/core/l10n/translation";
import { choicesFor, lookOf } from "./roll";

/** Who this face is: choose, take the name away, or say that it does not count. */
export class FacePanel extends Component {
    static template = "hr_face_attendance.RollCallFace";
    static components = { SelectMenu };
    static props = {
        face: Object,
        people: Array,
        onName: Function,
        onDismiss: Function,
        onClose: Function,
    };

    get choices() {
        return choicesFor(this.props.face, this.props.people);
    }

    get suggested() {
        const { face, people } = this.props;
        return face.similar
            .filter((id) => id !== face.employee)
            .map((id) => people.find((person) => person.id === id))
            .filter(Boolean);
    }

    get note() {
        const { face } = this.props;
        const words = {
            low_quality: _t("Too small, turned away or unclear to be named."),
            ambiguous: _t("Too close between two people."),
            no_candidate: _t("Nobody who is enrolled."),
        };
        if (lookOf(face) === "twice") {
            return _t("This name stands twice on the photo: one of the two is somebody else.");
        }
        if (face.elsewhere) {
            return _t("Enrolled, but not one of your people.");
        }
        return face.employee ? "" : words[face.outcome] || "";
    }
}
