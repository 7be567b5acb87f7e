import { Component } from "@odoo/owl";
import { summaryOf } from "./roll";

/** Who is present and who is absent, as the photos and the reviewer say. */
export class PeoplePane extends Component {
    static template = "hr_face_attendance.RollCallPeople";
    static props = { screen: Object, onPresent: Function };

    get summary() {
        return summaryOf(this.props.screen);
    }

    get isOpen() {
        return this.props.screen.state === "review";
    }
}
