import {
    Component,
    onMounted,
    onWillUnmount,
    onWillUpdateProps,
    useRef,
    useState,
} from "@odoo/owl";
import { CameraProblem, closeCamera, openCamera } from "./camera_stream";
import { held, MOST_BYTES, MOST_BYTES_OF_MANY, toJpeg } from "./frames";
import { guidanceOf, poseOf } from "./guidance";
import { loadFinder } from "./human_loader";
import { measureFace } from "./measure_face";
import { guidanceWords, problemWords } from "./words";

const LOOK_EVERY_MS = 66;
const PENDING_EVERY_MS = 130;
const IDLE_EVERY_MS = 250;
const IDLE_AFTER_MS = 10000;
const BLIND_EVERY_MS = 700;
const RETRY_MS = 3000;
/** A challenge needs about eight frames a second; beside a finder slower than this it gets four or
 * five. */
const SLOW_FIND_MS = 60;
const FINDS_IN_MEAN = 5;
/** By so much a timer may be early. */
const TIMER_MS = 5;
/** Problems that go only when a person does something; trying again would ask anew. */
const FOR_A_PERSON = ["denied", "insecure"];

/**
 * A camera that tells the person in front of it what to do, and hands over only good frames.
 *
 * Props:
 *   table     what `GET /v1/guidance` of the recognition service answered: thresholds and
 *             remedies. Null: nothing is judged here, and a frame is handed over every 700 ms;
 *             so it is, too, where the browser cannot run the face finder.
 *   purpose   "match" (default) or "enrol": which thresholds.
 *   wanted    "frontal" (default), "left", "right": how the head is to be held; the person's own
 *             left. "any": every frame with a face, for a challenge.
 *   active    false: the picture goes on, nothing is judged or handed over. Default true.
 *   everyMs   least time between two frames handed over. Default 250.
 *   hint      the guidance code of the service's last answer, shown where nothing is judged here,
 *             and where nothing is found wrong here: its detector sees more than this one.
 *   text      shown instead of any guidance, such as a step of a challenge.
 *   onFrame   ({blob, atMs, box, pose, offset, openness, guidance}): a frame that is good by the
 *             table. `blob` is a JPEG of at most 100 kB; `atMs` when it was taken
 *             (performance.now()); `box` {x, y, width, height} in pixels of the video, `pose`
 *             "frontal", "left" or "right", and the measures `offset` and `openness` are null where
 *             nothing is judged here; `guidance` is null but for "any". While a promise that it
 *             returned is pending no further frame is handed over.
 *   onGuidance (code or null) when the guidance changes; null: the frame is good.
 *   onProblem (code or null) when the camera fails or works again; codes of words.js.
 *
 * The tracks stop when the component goes.
 */
export class FaceCamera extends Component {
    static template = "hr_face_attendance.FaceCamera";
    static props = {
        table: { type: [Object, { value: null }], optional: true },
        purpose: { type: String, optional: true },
        wanted: { type: String, optional: true },
        active: { type: Boolean, optional: true },
        everyMs: { type: Number, optional: true },
        hint: { type: [String, { value: null }], optional: true },
        text: { type: String, optional: true },
        onFrame: { type: Function },
        onGuidance: { type: Function, optional: true },
        onProblem: { type: Function, optional: true },
    };
    static defaultProps = {
        table: null,
        purpose: "match",
        wanted: "frontal",
        active: true,
        everyMs: 250,
        hint: null,
        text: "",
        onGuidance: () => {},
        onProblem: () => {},
    };

    setup() {
        this.video = useRef("video");
        this.chip = document.createElement("canvas");
        this.shot = document.createElement("canvas");
        this.jpeg = document.createElement("canvas");
        this.state = useState({
            problem: null,
            guidance: "come_into_view",
            running: false,
            finds: false, // whether faces are found on this device
        });
        this.finder = null;
        this.findMs = 0; // how long a find takes, of late
        this.pending = false;
        this.sentAt = -Infinity;
        this.seenAt = performance.now();
        this.gone = false;
        this.retry = () => this.state.problem && this.start();
        onMounted(() => {
            navigator.mediaDevices?.addEventListener("devicechange", this.retry);
            this.start();
            this.look();
        });
        onWillUpdateProps((next) => {
            if (next.active && !this.props.active) {
                this.seenAt = performance.now();
            }
        });
        onWillUnmount(() => {
            this.gone = true;
            clearTimeout(this.timer);
            navigator.mediaDevices?.removeEventListener("devicechange", this.retry);
            closeCamera(this.stream);
        });
    }

    get words() {
        if (this.props.text) {
            return this.props.text;
        }
        if (this.judges) {
            return guidanceWords(this.state.guidance ?? this.props.hint);
        }
        return guidanceWords(this.props.hint ?? "come_into_view");
    }

    get problem() {
        return problemWords(this.state.problem);
    }

    get isGood() {
        return this.judges && this.state.guidance === null && this.props.hint === null;
    }

    get judges() {
        return Boolean(this.state.finds && this.props.table);
    }

    async start() {
        closeCamera(this.stream);
        try {
            const stream = await openCamera();
            if (this.gone) {
                closeCamera(stream);
                return;
            }
            this.stream = stream;
            stream.getVideoTracks()[0].addEventListener("ended", () => this.lose());
            this.video.el.srcObject = stream;
            await this.video.el.play();
            this.setProblem(null);
        } catch (error) {
            if (!this.gone) {
                this.setProblem(error instanceof CameraProblem ? error.code : "failed");
                if (!FOR_A_PERSON.includes(this.state.problem)) {
                    clearTimeout(this.again);
                    this.again = setTimeout(() => !this.gone && this.retry(), RETRY_MS);
                }
            }
        }
    }

    lose() {
        this.setProblem("lost");
        setTimeout(() => !this.gone && this.start(), RETRY_MS);
    }

    setProblem(code) {
        this.state.running = code === null;
        if (this.state.problem !== code) {
            this.state.problem = code;
        }
        this.props.onProblem(code);
    }

    /** One look after the other until the component goes; a failed look does not end it. */
    async look() {
        this.finder = await loadFinder();
        this.state.finds = this.finder !== null;
        while (!this.gone) {
            const startedAt = performance.now();
            if (this.props.active && this.state.running && this.video.el.readyState >= 2) {
                await this.lookOnce(startedAt).catch((error) =>
                    console.warn("A look failed", error),
                );
            }
            const wait = Math.max(0, this.period(startedAt) - (performance.now() - startedAt));
            await new Promise((done) => (this.timer = setTimeout(done, wait)));
        }
    }

    /** Least time between two looks. While an answer is awaited, what makes it has the processor.
     * Where every frame is handed over, one look is one frame. */
    period(nowMs) {
        if (this.props.wanted === "any") {
            return this.props.everyMs;
        }
        if (nowMs - this.seenAt > IDLE_AFTER_MS) {
            return IDLE_EVERY_MS;
        }
        return this.pending ? PENDING_EVERY_MS : LOOK_EVERY_MS;
    }

    async lookOnce(atMs) {
        const isChallenge = this.props.wanted === "any";
        if (!this.judges || (isChallenge && this.findMs > SLOW_FIND_MS)) {
            if (isChallenge) {
                this.seenAt = atMs;
            }
            const unjudged = { box: null, pose: null, offset: null, openness: null };
            const every = isChallenge ? this.props.everyMs : BLIND_EVERY_MS;
            held(this.video.el, this.shot);
            await this.hand({ atMs, ...unjudged, guidance: null }, every);
            return;
        }
        const shot = held(this.video.el, this.shot);
        const faces = await this.finder.find(shot);
        this.findMs += (performance.now() - atMs - this.findMs) / FINDS_IN_MEAN;
        const measured = faces.map((face) => measureFace(shot, face, this.chip));
        const { table, purpose, wanted } = this.props;
        const code = guidanceOf(measured, table, purpose, wanted);
        if (faces.length) {
            this.seenAt = atMs;
        }
        if (this.state.guidance !== code) {
            this.state.guidance = code;
            this.props.onGuidance(code);
        }
        if (code === null || (isChallenge && faces.length)) {
            const [{ box }] = faces;
            const { offset, openness } = measured[0];
            const frame = { atMs, box, pose: poseOf(offset), offset, openness, guidance: code };
            await this.hand(frame, this.props.everyMs);
        }
    }

    /** Hand over what `shot` shows: the very picture that was judged. */
    async hand(frame, everyMs) {
        if (this.pending || frame.atMs - this.sentAt < everyMs - TIMER_MS) {
            return;
        }
        const most = this.props.wanted === "any" ? MOST_BYTES_OF_MANY : MOST_BYTES;
        const blob = await toJpeg(this.shot, this.jpeg, most);
        if (!blob || this.gone || !this.props.active) {
            return;
        }
        this.sentAt = frame.atMs;
        this.pending = true;
        Promise.resolve(this.props.onFrame({ blob, ...frame })).finally(() => {
            this.pending = false;
        });
    }
}
