/**
 * When to show which step of a challenge. Pure: the service judges; the page only must not ask
 * for the next step before the person can have done this one.
 */

export const REST_MS = 1200;
export const STEP_MS = 3000;

/** {text: guidance code, done: whether all steps were shown} so many ms after the start. */
export function stepAt(steps, elapsedMs) {
    const inSteps = elapsedMs - REST_MS;
    if (inSteps < 0) {
        return { text: "look_straight", done: false };
    }
    const index = Math.floor(inSteps / STEP_MS);
    if (index >= steps.length) {
        // the way back from the last step belongs to it
        return { text: "look_straight", done: inSteps >= steps.length * STEP_MS + REST_MS };
    }
    return { text: steps[index], done: false };
}
