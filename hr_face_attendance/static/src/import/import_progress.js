import { Component, onMounted, onWillUnmount } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const EVERY_MS = 2000;

/** How far the job is; it goes on whether somebody looks or not. */
export class ImportProgress extends Component {
    static template = "hr_face_attendance.ImportProgress";
    static props = { ...standardWidgetProps };
    static fields = [
        { name: "state", type: "selection" },
        { name: "stage", type: "selection" },
        { name: "message", type: "char" },
        { name: "progress", type: "float" },
        { name: "total", type: "integer" },
        { name: "handled", type: "integer" },
        { name: "people", type: "integer" },
        { name: "enrolled", type: "integer" },
        { name: "failed", type: "integer" },
    ];

    setup() {
        onMounted(() => (this.timer = setInterval(() => this.look(), EVERY_MS)));
        onWillUnmount(() => clearInterval(this.timer));
    }

    get data() {
        return this.props.record.data;
    }

    get percent() {
        return Math.round(this.data.progress);
    }

    get isRunning() {
        return this.data.state === "running";
    }

    get title() {
        const { state, stage } = this.data;
        const titles = { paused: _t("Paused"), done: _t("Done"), cancelled: _t("Cancelled") };
        const stages = {
            unpack: _t("Looking through the upload"),
            read: _t("Looking at the photos"),
            finish: _t("Enrolling"),
        };
        return titles[state] || stages[stage];
    }

    async look() {
        if (this.isRunning && !document.hidden && !this.looking) {
            this.looking = true;
            try {
                await this.props.record.load();
            } finally {
                this.looking = false;
            }
        }
    }
}

registry.category("view_widgets").add("face_import_progress", {
    component: ImportProgress,
    fieldDependencies: ImportProgress.fields,
});
