import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/**
 * A person in a list: picture and name, nothing to choose. Odoo's own avatar field makes a chooser
 * of every row and asks for all pictures at once, and a long list stands still for it.
 */
export class PersonCell extends Component {
    static template = "hr_face_attendance.PersonCell";
    static props = { ...standardFieldProps };

    get person() {
        return this.props.record.data[this.props.name];
    }
}

registry.category("fields").add("face_person", {
    component: PersonCell,
    supportedTypes: ["many2one"],
});
