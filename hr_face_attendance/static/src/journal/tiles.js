import { Component } from "@odoo/owl";

/** Numbers that filter what stands below them. */
export class Tiles extends Component {
    static template = "hr_face_attendance.Tiles";
    static props = { tiles: Array, active: { type: String, optional: true }, onPick: Function };
}
