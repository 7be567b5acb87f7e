import { Component, onWillStart, useState } from "@odoo/owl";
import { FaceCamera } from "../camera/face_camera";
import { CaptureClient, CaptureRefused } from "./capture_client";
import { cropOf, readPicture } from "./picture";
import { nextPose, progressOf, reasonsOf } from "./plan";
import { Tiles } from "./tiles";
import { refusalWords, turnBackWords } from "./words";

const MOST_UNUSED_SHOWN = 3;
const LOW_QUALITY_MS = 900;

/**
 * Collects the pictures of one enrolment, by camera or from files, and shows what became of each.
 *
 * Props:
 *   getToken  see CaptureClient
 *   photos    true: files instead of the camera
 *   known     [{uuid, pose, quality}] captures that are there already
 *   onChange  ([{uuid, pose, quality, src}]): the captures so far, after each new one
 *   onDrop    (uuid), optional: a capture is not wanted
 */
export class Collector extends Component {
    static template = "hr_face_attendance.EnrolCollector";
    static components = { FaceCamera, Tiles };
    static props = {
        getToken: Function,
        photos: { type: Boolean, optional: true },
        known: { type: Array, optional: true },
        onChange: Function,
        onDrop: { type: Function, optional: true },
    };

    setup() {
        this.client = new CaptureClient(this.props.getToken);
        this.state = useState({
            ready: false,
            table: null,
            tiles: (this.props.known ?? []).map((one) => ({
                ...one,
                kept: true,
                reasons: [],
                src: one.src ?? null,
            })),
            hint: null,
            text: "",
            refusal: null,
            working: 0,
            over: false,
        });
        onWillStart(() => this.prepare());
    }

    get kept() {
        return this.state.tiles.filter((one) => one.kept);
    }

    get wanted() {
        return nextPose(this.kept);
    }

    get percent() {
        return Math.round(100 * progressOf(this.kept));
    }

    async prepare() {
        this.state.refusal = null;
        try {
            this.state.table = await this.client.table();
            this.state.ready = true;
        } catch (error) {
            this.refused(error);
        }
    }

    /** A frame of the camera that is good by the table. */
    async onFrame({ blob }) {
        const wanted = this.wanted;
        if (!wanted || this.state.refusal) {
            return;
        }
        const picture = await readPicture(blob);
        const answer = picture && (await this.hand(blob, picture.image, wanted));
        const reasons = answer ? reasonsOf(answer) : [];
        this.state.hint = answer && !answer.kept ? answer.guidance : null;
        this.state.text = wanted !== "frontal" && reasons[0] === "turned" ? turnBackWords() : "";
        await new Promise((done) => setTimeout(done, answer?.kept ? 500 : LOW_QUALITY_MS));
    }

    async onFiles(files) {
        for (const file of files) {
            const picture = await readPicture(file);
            if (!picture) {
                this.show({ uuid: randomUuid(), kept: false, reasons: ["unreadable"] });
                continue;
            }
            await this.hand(picture.blob, picture.image, null);
            if (this.state.refusal) {
                break;
            }
        }
    }

    onPicked(ev) {
        const files = [...ev.target.files];
        ev.target.value = "";
        return this.onFiles(files);
    }

    onDropped(ev) {
        this.state.over = false;
        return this.onFiles([...ev.dataTransfer.files]);
    }

    async hand(blob, image, wanted) {
        const uuid = randomUuid();
        this.state.working++;
        try {
            const answer = await this.client.send(blob, uuid);
            const src = cropOf(image, answer.box);
            const quality = answer.quality?.score ?? 0;
            const reasons = reasonsOf(answer);
            const shown = answer.kept || !wanted;
            if (shown) {
                const { kept, pose } = answer;
                this.show({ uuid: answer.uuid ?? uuid, src, kept, pose, quality, reasons });
            }
            return answer;
        } catch (error) {
            this.refused(error);
            return null;
        } finally {
            this.state.working--;
        }
    }

    show(tile) {
        const tiles = this.state.tiles.filter((one) => one.uuid !== tile.uuid);
        tiles.push({ src: null, pose: null, quality: 0, ...tile });
        const unused = tiles.filter((one) => !one.kept);
        const dropped = this.props.photos ? [] : unused.slice(0, -MOST_UNUSED_SHOWN);
        this.state.tiles = tiles.filter((one) => !dropped.includes(one));
        this.props.onChange(this.kept);
    }

    async drop(uuid) {
        await this.props.onDrop(uuid);
        this.state.tiles = this.state.tiles.filter((one) => one.uuid !== uuid);
        this.props.onChange(this.kept);
    }

    refused(error) {
        if (!(error instanceof CaptureRefused)) {
            throw error;
        }
        this.state.refusal = refusalWords(error.code);
    }
}

/** `crypto.randomUUID` is absent on plain HTTP, where photos work all the same. */
function randomUuid() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
