import { Component, onWillStart, onWillUnmount, useExternalListener, useState } from "@odoo/owl";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { FacePanel } from "./face_panel";
import { PeoplePane } from "./people_pane";
import { PhotoBoard } from "./photo_board";
import { summaryOf } from "./roll";
import { StartPane } from "./start_pane";

const CHANGED = "hr_face_roll_call";
const LOOK_MS = 2000;

/** From photos of a group to who was there: start, wait, correct, confirm. */
export class RollCall extends Component {
    static template = "hr_face_attendance.RollCall";
    static components = { FacePanel, Layout, PeoplePane, PhotoBoard, StartPane };
    static props = { ...standardActionServiceProps };
    static path = "face-roll-call";
    static displayName = _t("Roll Call");

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.bus = useService("bus_service");
        this.state = useState({ screen: null, selected: 0, isBusy: false });
        const params = this.props.action.params || {};
        this.session = params.session_id;
        const number = params.roll_call_id || this.props.resId;
        const onChanged = ({ id }) => id === this.state.screen?.id && this.read(id);
        this.bus.subscribe(CHANGED, onChanged);
        useExternalListener(window, "keydown", (ev) => ev.key === "Escape" && this.select(0));
        onWillStart(() => number && this.read(number));
        onWillUnmount(() => {
            this.bus.unsubscribe(CHANGED, onChanged);
            clearTimeout(this.timer);
        });
    }

    get screen() {
        return this.state.screen;
    }

    get summary() {
        return summaryOf(this.screen);
    }

    get names() {
        return new Map(this.screen.people.map((person) => [person.id, person.name]));
    }

    get selected() {
        const faces = this.screen.photos.flatMap((photo) => photo.faces);
        return faces.find((face) => face.id === this.state.selected);
    }

    async read(id) {
        this.take(await this.orm.silent.call("hr.face.roll.call", "screen", [[id]]));
        this.props.updateActionState?.({ resId: id });
    }

    /** The bus says when the photos have been looked at; this is for a bus that is away. */
    take(screen) {
        this.state.screen = screen;
        clearTimeout(this.timer);
        if (screen.state === "reading") {
            this.timer = setTimeout(() => this.read(screen.id), LOOK_MS);
        }
    }

    select(id) {
        this.state.selected = id;
    }

    /** Every act is answered with the screen that follows. */
    async act(method, ...args) {
        if (this.state.isBusy) {
            return;
        }
        this.state.isBusy = true;
        try {
            this.take(
                await this.orm.call("hr.face.roll.call", method, [[this.screen.id], ...args]),
            );
        } finally {
            this.state.isBusy = false;
        }
    }

    async nameFace(face, employee) {
        await this.act("name_face", face.id, employee);
        this.select(0);
    }

    async dismiss(face) {
        await this.act("dismiss_face", face.id, !face.dismissed);
        this.select(0);
    }

    confirm() {
        const { present, absent, unknown } = this.summary;
        const left = unknown ? _t("%s faces are still unknown.", unknown) : "";
        this.dialog.add(ConfirmationDialog, {
            title: _t("Confirm the roll call?"),
            body: [
                _t("%(present)s present, %(absent)s absent.", {
                    present: present.length,
                    absent: absent.length,
                }),
                left,
                _t("Whoever is present is checked in, and the photos are erased."),
            ]
                .filter(Boolean)
                .join(" "),
            confirmLabel: _t("Confirm"),
            confirm: async () => {
                await this.act("confirm");
                this.notification.add(_t("The roll call is confirmed."), { type: "success" });
            },
            cancel: () => {},
        });
    }

    discard() {
        this.dialog.add(ConfirmationDialog, {
            title: _t("Discard the roll call?"),
            body: _t("Nothing of it counts, and the photos are erased."),
            confirmLabel: _t("Discard"),
            confirm: async () => {
                await this.orm.call("hr.face.roll.call", "discard", [[this.screen.id]]);
                await this.openList();
            },
            cancel: () => {},
        });
    }

    openList() {
        return this.action.doAction("hr_face_attendance.action_face_roll_call", {
            clearBreadcrumbs: true,
        });
    }

    sheet() {
        const url = `/hr_face_attendance/roll-call/${this.screen.id}/sheet`;
        return this.action.doAction({ type: "ir.actions.act_url", url, target: "download" });
    }
}

registry.category("actions").add("hr_face_attendance.roll_call", RollCall);
