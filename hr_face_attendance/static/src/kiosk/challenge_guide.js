/**
 * Which step of a challenge is shown. Pure: the service judges; the page goes on when it has itself
 * seen a step done, or where it cannot see (no face finder, a step it missed) by the clock.
 *
 * It follows the judge's own rules (device_bridge/domain/judge.py) with bounds a little narrower:
 * whoever is asked for the next step too early would be taken for a picture.
 */

export const REST_MS = 1200;
export const STEP_MS = 3000;
/** The person is looked at for so long, at the most, until they hold still. */
export const LONGEST_REST_MS = 3000;
/** A step is shown for at least so long, whatever is seen. */
const LEAST_MS = 700;
/** Frames that show how this person looks straight ahead; the judge takes five. */
const REST_FRAMES = 7;
const STEADY_OFFSET = 0.05;
/** Frames at rest that end a step. */
const BACK_FRAMES = 3;
/** Of the nose's offset (see measures.js). On posed photos the judge's bounds, 0.15 and 0.35 of its
 * own measure, lie at 0.055 and 0.125; near them nothing is taken for seen. */
const RETURNED = 0.05;
const BEGUN = 0.065;
const NOT_YET_TURNED = 0.12;
const TURNED = 0.14;
/** Of this person's own open eyes; the mesh's eyelids follow a blink less than the judge's. */
const CLOSED_PART = 0.86;
const OPEN_PART = 0.92;
const CLOSED_FRAMES = 2;

/** The judge's table: out and back both pass through what lies between. */
const TURNING = {
    asked: { between: "begun", far: "again" },
    begun: { rest: "asked", far: "done" },
    done: { between: "back", rest: "again" },
    back: { far: "done", rest: "over" },
    again: { rest: "asked" },
};

/** A guide at its beginning: the person looks straight ahead. */
export function newGuide(steps, nowMs) {
    return {
        steps,
        at: -1,
        sinceMs: nowMs,
        sent: 0,
        seen: [],
        rest: null,
        phase: "asked",
        closed: 0,
        back: 0,
        done: false,
    };
}

/** The guidance code to show. */
export function textOf({ steps, at, phase }) {
    if (at < 0 || at >= steps.length) {
        return "look_straight";
    }
    if (steps[at] === "blink") {
        return "blink";
    }
    return { again: "slower", done: "look_straight", over: "look_straight" }[phase] ?? steps[at];
}

/**
 * The guide after some time, or after a frame that is sent to the judge.
 *
 * @param frame {offset, openness} as FaceCamera hands it over; null, or nulls in it: nothing seen
 */
export function guided(guide, nowMs, frame = null) {
    if (guide.done) {
        return guide;
    }
    const counted = frame ? { ...guide, sent: guide.sent + 1 } : guide;
    const looked = frame && frame.offset !== null ? look(counted, nowMs, frame) : counted;
    const { at, steps, sinceMs, seen, sent } = looked;
    const inSteps = at >= 0 && at < steps.length;
    // a page that gets few frames a second has sent the judge too few of them at rest as yet
    const isWaitedFor = at < 0 && (seen.length || sent < REST_FRAMES);
    const restMs = isWaitedFor ? LONGEST_REST_MS : REST_MS;
    const isSeen = isOver(looked) && nowMs - sinceMs >= LEAST_MS;
    if (!isSeen && nowMs - sinceMs < (inSteps ? STEP_MS : restMs)) {
        return looked;
    }
    // what was seen done ended at rest; by the clock, the way back from the last step is waited for
    const done = at >= steps.length || (isSeen && at + 1 === steps.length);
    const rest = looked.rest ?? restOf(seen);
    return {
        ...looked,
        at: at + 1,
        done,
        rest,
        sinceMs: nowMs,
        phase: "asked",
        closed: 0,
        back: 0,
    };
}

function look(guide, nowMs, frame) {
    if (guide.at < 0) {
        return { ...guide, seen: [...guide.seen, frame].slice(-REST_FRAMES) };
    }
    if (!guide.rest || guide.at >= guide.steps.length) {
        return guide;
    }
    const step = guide.steps[guide.at];
    const isBack = zoneOf(guide, frame) === "rest" && isOpen(guide, frame);
    const back = isBack ? guide.back + 1 : 0;
    const next = step === "blink" ? blink(guide, frame) : turn(guide, frame, nowMs);
    return { ...next, back };
}

function blink(guide, frame) {
    if (guide.phase === "over" || zoneOf(guide, frame) !== "rest") {
        return guide;
    }
    const isClosed = frame.openness <= CLOSED_PART * guide.rest.openness;
    const closed = isClosed ? guide.closed + 1 : 0;
    return { ...guide, closed, phase: closed >= CLOSED_FRAMES ? "over" : "asked" };
}

function turn(guide, frame, nowMs) {
    const phase = TURNING[guide.phase]?.[zoneOf(guide, frame)] ?? guide.phase;
    const askedAgain = guide.phase === "again" && phase === "asked";
    return { ...guide, phase, sinceMs: askedAgain ? nowMs : guide.sinceMs };
}

function zoneOf({ steps, at, rest }, { offset }) {
    const turned = (steps[at] === "turn_right" ? -1 : 1) * (offset - rest.offset);
    if (Math.abs(turned) <= RETURNED) {
        return "rest";
    }
    if (turned >= TURNED) {
        return "far";
    }
    return turned >= BEGUN && turned <= NOT_YET_TURNED ? "between" : null;
}

function isOpen({ rest }, { openness }) {
    return openness >= OPEN_PART * rest.openness;
}

/** The beginning, or a step that was seen done and ended at rest. */
function isOver({ at, seen, phase, back }) {
    return at < 0 ? restOf(seen) !== null : phase === "over" && back >= BACK_FRAMES;
}

/** How this person looks straight ahead, from frames that agree; else null. */
function restOf(seen) {
    const offsets = seen.map(({ offset }) => offset);
    if (seen.length < REST_FRAMES || Math.max(...offsets) - Math.min(...offsets) > STEADY_OFFSET) {
        return null;
    }
    const middle = (values) => values.sort((one, other) => one - other)[(REST_FRAMES - 1) / 2];
    return { offset: middle(offsets), openness: middle(seen.map(({ openness }) => openness)) };
}
