/**
 * The face finder that runs on the device: `@vladmandic/human` with its wasm backend, from the
 * addon's own static/lib/human (set-up puts it there; nothing is asked from elsewhere).
 *
 * Loaded once per page, and only by who needs it. Where the files are missing or the browser
 * cannot run them, pages work all the same: they send a frame now and then, and show the guidance
 * of the service's answer.
 */

import { loadJS } from "@web/core/assets";

const HOME = "/hr_face_attendance/static/lib/human/";
const RIGHT_EYE = [33, 133];
const LEFT_EYE = [362, 263];
const NOSE = [1];
const MOUTH = [[61], [291]];
const FOREHEAD_TO_CHIN = [10, 152];

// The ends of each eye and two points on each lid, in the order of dlib's six.
const EYES = [
    [33, 160, 158, 133, 153, 144],
    [362, 385, 387, 263, 373, 380],
];

let finder = null;

/** A promise of a FaceFinder, null where there can be none. */
export function loadFinder() {
    finder ??= makeFinder().catch((error) => {
        console.warn("No face finder on this device:", error?.message ?? error);
        return null;
    });
    return finder;
}

async function makeFinder() {
    await loadJS(HOME + "human.js");
    const { Human } = window.Human;
    const human = new Human({
        backend: "wasm",
        wasmPath: HOME,
        modelBasePath: HOME,
        cacheModels: false,
        cacheSensitivity: 0,
        async: false,
        debug: false,
        warmup: "none",
        filter: { enabled: false },
        face: {
            enabled: true,
            detector: { maxDetected: 3, minConfidence: 0.4, skipFrames: 0, skipTime: 0 },
            mesh: { enabled: true },
            iris: { enabled: false },
            emotion: { enabled: false },
            description: { enabled: false },
            antispoof: { enabled: false },
            liveness: { enabled: false },
        },
        body: { enabled: false },
        hand: { enabled: false },
        object: { enabled: false },
        segmentation: { enabled: false },
        gesture: { enabled: false },
    });
    await human.load();
    return new FaceFinder(human);
}

export class FaceFinder {
    constructor(human) {
        this.human = human;
    }

    /**
     * Faces of a canvas, largest first: [{box: {x, y, width, height}, points, height,
     * openness}]; the height from forehead to chin in pixels, the openness that of both eyes (their
     * aspect ratio, Soukupová and Čech 2016).
     */
    async find(picture) {
        const { face } = await this.human.detect(picture);
        const found = face.filter(({ mesh }) => mesh?.length > 400).map(readFace);
        return found.sort((one, other) => other.height - one.height);
    }
}

function readFace({ box, mesh }) {
    const mean = (indices) =>
        [0, 1].map((axis) => indices.reduce((sum, i) => sum + mesh[i][axis], 0) / indices.length);
    const points = [RIGHT_EYE, LEFT_EYE, NOSE, ...MOUTH].map(mean);
    const [top, chin] = FOREHEAD_TO_CHIN.map((i) => mesh[i]);
    const [x, y, width, height] = box;
    return {
        box: { x, y, width, height },
        points,
        height: between(chin, top),
        openness: EYES.reduce((sum, eye) => sum + aspect(eye.map((i) => mesh[i])), 0) / 2,
    };
}

function aspect([outer, upper1, upper2, inner, lower2, lower1]) {
    return (between(upper1, lower1) + between(upper2, lower2)) / (2 * between(outer, inner));
}

function between([ax, ay], [bx, by]) {
    return Math.hypot(bx - ax, by - ay);
}
