/** Decisions of an enrolment's screen, without a screen. */

/** How many pictures of each pose are collected by the camera. */
export const WANTED = { frontal: 2, left: 1, right: 1 };

/**
 * What to ask for next.
 *
 * @param captures [{pose}] taken so far
 * @returns "frontal", "left", "right", or null when there are enough of each
 */
export function nextPose(captures) {
    const count = (pose) => captures.filter((one) => one.pose === pose).length;
    return Object.keys(WANTED).find((pose) => count(pose) < WANTED[pose]) ?? null;
}

/** 0 to 1: how much of what the camera collects is there. */
export function progressOf(captures) {
    const entries = Object.entries(WANTED);
    const all = entries.reduce((sum, [, wanted]) => sum + wanted, 0);
    const there = entries.reduce(
        (sum, [pose, wanted]) =>
            sum + Math.min(wanted, captures.filter((one) => one.pose === pose).length),
        0,
    );
    return there / all;
}

/**
 * Why a picture is no use, as codes of words.js: the worst first.
 *
 * @param answer of `POST /v1/capture`
 */
export function reasonsOf(answer) {
    if (answer.kept) {
        return [];
    }
    if (answer.unfit !== "low_quality") {
        return [answer.unfit];
    }
    return answer.quality?.defects.length ? answer.quality.defects : ["low_quality"];
}

/** Of 0 to 1: "poor", "fair", "good". A usable face scores 0.5 or more. */
export function grade(quality) {
    if (quality < 0.5) {
        return "poor";
    }
    return quality < 0.65 ? "fair" : "good";
}

/** The square around a face to show of a picture, within it: {x, y, side}. */
export function squareAround(box, width, height) {
    if (!box) {
        const side = Math.min(width, height);
        return { x: (width - side) / 2, y: (height - side) / 2, side };
    }
    const side = Math.min(1.5 * Math.max(box.width, box.height), width, height);
    const within = (middle, most) => Math.min(Math.max(middle - side / 2, 0), most - side);
    return {
        x: within(box.x + box.width / 2, width),
        y: within(box.y + box.height / 2, height),
        side,
    };
}
