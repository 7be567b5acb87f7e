/**
 * When to show which step of a challenge. Pure: the service judges; the page only must not ask
 * for the next step before the person can have done this one.
 */

export const REST_MS = 1200;
export const STEP_MS = 2600;

/** {text: guidance code, done: whether all steps were shown} so many ms after the start. */
export function stepAt(steps, elapsedMs) {
    const inSteps = elapsedMs - REST_MS;
    if (inSteps < 0) {
        return { text: "look_straight", index: -1, done: false };
    }
    const index = Math.floor(inSteps / STEP_MS);
    if (index >= steps.length) {
        return { text: "look_straight", index: steps.length, done: true };
    }
    return { text: steps[index], index, done: false };
}
