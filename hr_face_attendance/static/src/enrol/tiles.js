import { Component } from "@odoo/owl";
import { grade } from "./plan";
import { gradeWords, poseWords, reasonWords } from "./words";

/**
 * The pictures of an enrolment: each with its pose and quality, or why it is not used.
 *
 * Props:
 *   tiles     [{uuid, src, pose, quality, kept, reasons}]
 *   onDrop    (uuid): the person does not want this one; optional.
 */
export class Tiles extends Component {
    static template = "hr_face_attendance.EnrolTiles";
    static props = { tiles: Array, onDrop: { type: Function, optional: true } };

    pose(tile) {
        return poseWords(tile.pose);
    }

    grade(tile) {
        return grade(tile.quality);
    }

    gradeWords(tile) {
        return gradeWords(grade(tile.quality));
    }

    reasons(tile) {
        return tile.reasons.map((code) => reasonWords(code)).join(" ");
    }
}
