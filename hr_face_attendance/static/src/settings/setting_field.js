import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const SOURCES = "setting_sources";
const fields = registry.category("fields");
const inner = (type) => fields.get(type === "boolean" ? "boolean_toggle" : type);

/**
 * A setting that may be inherited: edited as its type is everywhere else, and beside it where its
 * value comes from. What was set here can be given back to the level above.
 */
export class SettingField extends Component {
    static template = "hr_face_attendance.SettingField";
    static props = { ...standardFieldProps, innerProps: { type: Object, optional: true } };

    setup() {
        this.orm = useService("orm");
    }

    get record() {
        return this.props.record;
    }

    get inner() {
        return inner(this.record.fields[this.props.name].type).component;
    }

    get innerProps() {
        const { innerProps, ...standard } = this.props;
        return { ...standard, ...innerProps };
    }

    get source() {
        return this.record.data[SOURCES]?.[this.props.name] || { level: "standard" };
    }

    get words() {
        const { level, name } = this.source;
        if (level === "here") {
            return _t("set here");
        }
        return level === "standard" ? _t("standard") : _t("from %s", name);
    }

    get isSetHere() {
        return this.source.level === "here" && Boolean(this.record.resId);
    }

    async inherit() {
        if (await this.record.save()) {
            const { resModel, resId } = this.record;
            await this.orm.call(resModel, "action_inherit", [[resId], [this.props.name]]);
            await this.record.load();
        }
    }
}

fields.add("face_setting", {
    component: SettingField,
    displayName: _t("Inherited setting"),
    supportedTypes: ["boolean", "float", "integer", "selection"],
    fieldDependencies: [{ name: SOURCES, type: "json" }],
    extractProps: (info, dynamic) => ({
        innerProps: inner(info.type).extractProps?.(info, dynamic) || {},
    }),
});
