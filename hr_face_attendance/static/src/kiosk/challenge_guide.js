/**
 * Which step of a challenge is shown. Pure: the service judges; the page goes on when it has itself
 * seen a step done, or where it cannot see (no face finder, a step it missed) by the clock.
 *
 * It asks for more than the service does: whoever is asked for the next step too early would be
 * taken for a picture.
 */

export const REST_MS = 1200;
export const STEP_MS = 3000;
/** A step is shown for at least so long, whatever is seen. */
const LEAST_MS = 700;
/** Frames that must agree before something counts as seen. */
const STEADY = 4;
const STEADY_OFFSET = 0.05;
/** Of the nose's offset (see measures.js): out this far, and back within that. On posed photos the
 * service's bounds lie at 0.13 and 0.05. */
const TURNED = 0.18;
const RETURNED = 0.05;
/** Of this person's own open eyes; the mesh's eyelids follow a blink less than the service's. */
const CLOSED_PART = 0.86;
const OPEN_PART = 0.92;
const CLOSED_FRAMES = 2;

/** A guide at its beginning: the person looks straight ahead. */
export function newGuide(steps, nowMs) {
    return { steps, at: -1, sinceMs: nowMs, seen: [], rest: null, reached: false, done: false };
}

/** The guidance code to show. */
export function textOf({ steps, at, reached }) {
    return at < 0 || at >= steps.length || (reached && steps[at] !== "blink")
        ? "look_straight"
        : steps[at];
}

/**
 * The guide after some time, or after a frame.
 *
 * @param frame {offset, openness} as FaceCamera hands it over; null, or nulls in it: nothing seen
 */
export function guided(guide, nowMs, frame = null) {
    if (guide.done) {
        return guide;
    }
    const looked = frame && frame.offset !== null ? seenIn(guide, frame) : guide;
    const elapsedMs = nowMs - looked.sinceMs;
    const limitMs = looked.at < 0 || looked.at >= looked.steps.length ? REST_MS : STEP_MS;
    const seen = looked.at < looked.steps.length && isOver(looked) && elapsedMs >= LEAST_MS;
    if (!seen && elapsedMs < limitMs) {
        return looked;
    }
    const at = looked.at + 1;
    // what was seen done ended at rest; by the clock, the way back from the last step is waited for
    const done = at > looked.steps.length || (seen && at === looked.steps.length);
    const rest = looked.rest ?? restOf(looked.seen);
    return { ...looked, at, done, rest, sinceMs: nowMs, seen: [], reached: false };
}

function seenIn(guide, { offset, openness }) {
    const seen = [...guide.seen, { offset, openness }].slice(-STEADY);
    return { ...guide, seen, reached: guide.reached || isReached({ ...guide, seen }) };
}

function isReached({ steps, at, seen, rest }) {
    if (!rest || at < 0 || at >= steps.length) {
        return false;
    }
    if (steps[at] === "blink") {
        const last = seen.slice(-CLOSED_FRAMES);
        return last.length === CLOSED_FRAMES && last.every((one) => isClosed(one, rest));
    }
    const turn = seen.at(-1).offset - rest.offset;
    return (steps[at] === "turn_left" ? turn : -turn) >= TURNED;
}

function isClosed({ offset, openness }, rest) {
    return openness <= CLOSED_PART * rest.openness && Math.abs(offset - rest.offset) <= RETURNED;
}

/** At rest (again): the beginning is over, or a step that was reached. */
function isOver({ at, seen, rest, reached }) {
    if (at < 0) {
        return restOf(seen) !== null;
    }
    const back = ({ offset, openness }) =>
        Math.abs(offset - rest.offset) <= RETURNED && openness >= OPEN_PART * rest.openness;
    return reached && seen.length === STEADY && seen.every(back);
}

/** How this person looks straight ahead, from frames that agree; else null. */
function restOf(seen) {
    const offsets = seen.map(({ offset }) => offset);
    if (seen.length < STEADY || Math.max(...offsets) - Math.min(...offsets) > STEADY_OFFSET) {
        return null;
    }
    const middle = (values) => values.sort((one, other) => one - other)[Math.floor(STEADY / 2)];
    return { offset: middle(offsets), openness: middle(seen.map(({ openness }) => openness)) };
}
