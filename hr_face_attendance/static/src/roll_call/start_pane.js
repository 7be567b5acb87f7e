import { Component, onWillStart, onWillUnmount, useRef, useState } from "@odoo/owl";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { newUuid } from "../kiosk/uuid";
import { prepared, send } from "./photos";
import { inputTime, odooTime } from "./roll";

const RECENT_MS = 10 * 60 * 1000;

/** Take or choose photos, say when and of whom, and go. */
export class StartPane extends Component {
    static template = "hr_face_attendance.RollCallStart";
    static props = { onStarted: Function, session: { type: Number, optional: true } };

    setup() {
        this.orm = useService("orm");
        this.camera = useRef("camera");
        this.files = useRef("files");
        this.tried = null;
        this.state = useState({
            choices: null,
            photos: [],
            time: "",
            session: this.props.session || 0,
            department: 0,
            isSending: false,
            fault: "",
        });
        onWillStart(async () => {
            this.state.choices = await this.orm.call("hr.face.roll.call", "choices", [
                this.props.session || null,
            ]);
        });
        onWillUnmount(() => this.state.photos.forEach((photo) => URL.revokeObjectURL(photo.url)));
    }

    get most() {
        return this.state.choices.most_photos;
    }

    /** Nobody takes a photo of tomorrow. */
    get latest() {
        return inputTime(new Date());
    }

    sessionName({ name, start }) {
        return `${name} · ${formatDateTime(deserializeDateTime(start))}`;
    }

    async add(ev, isNew) {
        const chosen = [...ev.target.files];
        ev.target.value = "";
        this.state.fault = "";
        for (const file of chosen) {
            if (this.state.photos.length >= this.most) {
                this.state.fault = _t("%s photos are the most.", this.most);
                return;
            }
            const photo = await prepared(file);
            if (!photo) {
                this.state.fault = _t("%s is no picture that can be read here.", file.name);
                continue;
            }
            this.state.photos.push(photo);
            // a photo from the gallery is of when it was made, not of now
            if (!isNew && !this.state.time && Date.now() - photo.taken > RECENT_MS) {
                this.state.time = inputTime(photo.taken);
            }
        }
    }

    remove(photo) {
        URL.revokeObjectURL(photo.url);
        this.state.photos = this.state.photos.filter((one) => one.uuid !== photo.uuid);
    }

    /** Tried again with the same choices it is the same roll call, and each photo the same photo. */
    uuidFor(choices) {
        if (choices.join() !== this.tried) {
            this.tried = choices.join();
            this.uuid = newUuid();
        }
        return this.uuid;
    }

    async start() {
        const { photos, time, session, department } = this.state;
        this.state.isSending = true;
        this.state.fault = "";
        try {
            const choices = [odooTime(time), session || null, department || null];
            const about = [this.uuidFor(choices), ...choices];
            const call = await this.orm.call("hr.face.roll.call", "begin", about);
            for (const photo of photos) {
                await send(call, photo, _t("The server cannot be reached. Try again."));
            }
            await this.orm.call("hr.face.roll.call", "start", [[call]]);
            this.props.onStarted(call);
        } catch (error) {
            this.state.fault = error.data?.message || error.message;
        } finally {
            this.state.isSending = false;
        }
    }
}
