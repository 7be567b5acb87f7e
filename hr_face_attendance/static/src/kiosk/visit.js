/**
 * One person's visit to a kiosk, as a pure state machine: what the page knows and what it does
 * next. No timers, no network, no clock; `face_kiosk.js` carries it out.
 *
 * A visit has one encounter UUID, repeated with every try, so that whatever is sent twice counts
 * once. It ends with an outcome, or when nobody has been in view for a while.
 */

/** Tries after which the other ways are offered by themselves. */
export const TRIES = 3;

export const WRITTEN = ["identified", "no_clearance", "presentation_attack"];

/** A new visit: nothing known yet. */
export function newVisit(encounter) {
    return {
        encounter,
        phase: "looking",
        tries: 0,
        challenges: 0,
        unclear: 0,
        guidance: null,
        event: null,
    };
}

/** Whether the next answer to ask for is the last of this visit: a stranger is written, too. */
export function isLastTry(visit) {
    return visit.tries + 1 >= TRIES;
}

/**
 * The visit after an answer of `POST /v1/identify`.
 *
 * Phases: "looking", "challenge" (steps are to be done), "factor" (PIN or badge is asked for),
 * "told" (there is an event; its result is shown), "unknown" (nobody was recognised; the other
 * ways are offered).
 */
export function answered(visit, answer) {
    const next = { ...visit, guidance: answer.guidance, event: answer.event ?? visit.event };
    const { outcome } = answer;
    if (WRITTEN.includes(outcome)) {
        const name = answer.person?.display_name ?? null;
        return { ...next, phase: "told", event: answer.event, outcome, name };
    }
    if (outcome === null) {
        // whoever was too slow may try once more
        const again = visit.phase === "challenge";
        const phase = again || answer.needs === "challenge" ? "challenge" : "looking";
        return { ...next, phase, challenges: visit.challenges + Number(again) };
    }
    if (outcome === "ambiguous") {
        const unclear = visit.unclear + 1;
        if (answer.event) {
            return { ...next, unclear, phase: "unknown" }; // written as it is: nothing to add
        }
        return { ...next, unclear, phase: unclear > 1 ? "factor" : "looking" };
    }
    if (outcome !== "no_candidate") {
        return next; // no face, several, or not good enough: guidance says what to better
    }
    const tries = visit.tries + 1;
    return { ...next, tries, phase: tries >= TRIES ? "unknown" : "looking" };
}

/** After a PIN or badge was shown and the same pictures were asked about again. */
export function confirmed(visit, answer) {
    const next = answered(visit, answer);
    return next.phase === "told" ? next : { ...next, phase: "unknown" };
}
