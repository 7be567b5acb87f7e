import { Component, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { piecesOf } from "./pieces";

const AT_ONCE = 3;
const TRIES = 4;
const PAUSE_MS = 1500;

/** Choose or drop a zip or a folder; it is sent in pieces, and then the job starts. */
export class ImportUpload extends Component {
    static template = "hr_face_attendance.ImportUpload";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.notification = useService("notification");
        this.zip = useRef("zip");
        this.folder = useRef("folder");
        this.state = useState({ sent: 0, size: 0, over: false });
    }

    get percent() {
        return this.state.size ? Math.round((100 * this.state.sent) / this.state.size) : 0;
    }

    onChosen(ev) {
        const files = [...ev.target.files];
        ev.target.value = "";
        return this.send(files);
    }

    onDrop(ev) {
        this.state.over = false;
        return this.send([...ev.dataTransfer.files]);
    }

    async send(files) {
        const pieces = piecesOf(files);
        if (!pieces.length || this.state.size) {
            return;
        }
        const { record } = this.props;
        if (!(await record.save())) {
            return;
        }
        this.state.sent = 0;
        this.state.size = pieces.reduce((sum, piece) => sum + piece.size, 0);
        try {
            await Promise.all(Array.from({ length: AT_ONCE }, () => this.drain(pieces)));
            await this.orm.call("hr.face.import", "action_start", [[record.resId]]);
        } catch (error) {
            pieces.length = 0;
            this.notification.add(error.message || _t("The upload did not succeed."), {
                type: "danger",
            });
        } finally {
            this.state.size = 0;
        }
        await record.load();
    }

    async drain(pieces) {
        for (let piece = pieces.shift(); piece; piece = pieces.shift()) {
            await this.sendPiece(piece);
            this.state.sent += piece.size;
        }
    }

    /** A piece that did not arrive is sent again; the server takes it once. */
    async sendPiece({ file, name, position, size }) {
        const url = `/hr_face_attendance/import/${this.props.record.resId}/part`;
        for (let left = TRIES - 1; ; left--) {
            let answer;
            try {
                answer = await fetch(url, {
                    method: "POST",
                    headers: {
                        "Content-Type": "application/octet-stream",
                        "X-CSRF-Token": odoo.csrf_token,
                        "X-File": encodeURIComponent(name),
                        "X-Position": position,
                    },
                    body: file.slice(position, position + size),
                });
            } catch (error) {
                if (!left) {
                    throw new Error(_t("The server cannot be reached."), { cause: error });
                }
            }
            if (answer?.ok) {
                return;
            }
            if (answer && answer.status < 500) {
                const told = await answer.json().catch(() => ({}));
                throw new Error(told.error?.message || _t("The upload was refused."));
            }
            if (!left) {
                throw new Error(_t("The server cannot be reached."));
            }
            await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        }
    }
}

registry.category("view_widgets").add("face_import_upload", { component: ImportUpload });
