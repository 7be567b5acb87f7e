import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

/** HR's first steps: a gate, the device that serves it, and its one-time code. */
registry.category("web_tour.tours").add("hr_face_first_steps", {
    url: "/odoo",
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            trigger: '.o_app[data-menu-xmlid="hr_face_attendance.menu_face_root"]',
            content: _t("Attendance from faces seen at gates begins here."),
            tooltipPosition: "right",
            run: "click",
        },
        {
            trigger: ".o_face_gates .btn-primary",
            content: _t("First a gate: a door, a turnstile or a kiosk."),
            tooltipPosition: "top",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=name] input",
            content: _t("Name it as people call it."),
            tooltipPosition: "bottom",
            run: "edit Main entrance",
        },
        {
            trigger: ".o_form_button_save",
            content: _t("Keep it. Everything else has sensible values and can wait."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: '[data-menu-xmlid="hr_face_attendance.menu_face_configuration"]',
            content: _t("Now the device whose camera stands at this gate."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: '[data-menu-xmlid="hr_face_attendance.menu_face_devices"]',
            content: _t("Devices are computers that run the bridge."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: ".o_list_button_add",
            content: _t("Add yours."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=name] input",
            content: _t("For example “Main entrance Pi”. Then choose its gate below."),
            tooltipPosition: "bottom",
            run: "edit Main entrance Pi",
        },
        {
            trigger: "button[name=action_pair]",
            content: _t("Get a one-time code. After pairing, record consents and enrol people."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: ".modal footer .btn-primary",
            content: _t("It works once. Type it at the device before it expires."),
            tooltipPosition: "top",
            run: "click",
        },
        { trigger: "body:not(:has(.modal)) .o_form_view" },
    ],
});
