/** Pure helpers of the live page; tested by static/tests/cockpit.test.js. */

export const KEPT = 60;

/** The outcomes that a tile counts together. */
export const OUTCOMES_OF = {
    identified: ["identified"],
    strangers: ["no_candidate"],
    refused: ["no_clearance", "presentation_attack", "ambiguous"],
    pictures: ["no_face", "multiple_faces", "low_quality"],
    again: ["refractory"],
};

/** How many of {outcome: number} a tile counts. */
export function countOf(counts, kind) {
    return OUTCOMES_OF[kind].reduce((sum, outcome) => sum + (counts[outcome] || 0), 0);
}

/** Rows by captured time, newest first, each once; what is told anew replaces what was known. */
export function merged(known, news, limit = KEPT) {
    const byId = new Map([...known, ...news].map((row) => [row.id, row]));
    return [...byId.values()]
        .sort((one, other) => (one.at < other.at ? 1 : one.at > other.at ? -1 : other.id - one.id))
        .slice(0, limit);
}

/** Those that a tab of the stream shows. */
export function shown(rows, filter) {
    return filter === "alerts" ? rows.filter((row) => row.alert) : rows;
}

/** Today's curve up to now: what is still to come is no zero. `minutes` since local midnight. */
export function untilNow(curve, minutes, stepMin) {
    const steps = Math.min(curve.length, Math.ceil(minutes / stepMin));
    return curve.slice(0, Math.max(steps, 1));
}

/** The steps in which anything happens in either curve, with one of air on both sides. */
export function busyRange(...curves) {
    const given = curves.filter((curve) => curve?.length && curve.at(-1) > 0);
    if (!given.length) {
        return null;
    }
    const starts = given.map((curve) => curve.findIndex((value) => value > 0));
    const ends = given.map((curve) => curve.findIndex((value) => value === curve.at(-1)));
    const last = given[0].length - 1;
    const length = Math.max(...given.map((curve) => curve.length), last + 1);
    return [
        Math.max(Math.min(...starts) - 4, 0),
        Math.min(Math.max(...ends) + 8, Math.max(length - 1, last)),
    ];
}

/** "08:45" for a step. */
export function clockOf(step, stepMin) {
    const minutes = step * stepMin;
    const pad = (number) => String(number).padStart(2, "0");
    return `${pad(Math.floor(minutes / 60) % 24)}:${pad(minutes % 60)}`;
}

/** The hours of a day in which anything happens, with one of air on both sides; null if none. */
export function busyHours(...days) {
    const busy = days.filter(Boolean).flatMap((day) => day.flatMap((n, hour) => (n ? [hour] : [])));
    return busy.length
        ? [Math.max(Math.min(...busy) - 1, 0), Math.min(Math.max(...busy) + 1, 23)]
        : null;
}

/** Percent of the fullest row, for the bars. */
export function share(row, rows) {
    return Math.round((100 * row.count) / Math.max(...rows.map((one) => one.count), 1));
}

/** Which gate needs somebody first: what is open or broken, then what is silent, then the rest. */
export function byNeed(gates) {
    const order = { offline: 1, late: 2, none: 3, online: 4 };
    const need = (gate) =>
        gate.emergency || gate.troubles || gate.door === "forced" ? 0 : order[gate.health];
    return [...gates].sort((one, other) => need(one) - need(other));
}

/** Seconds until the first gate would be told late or offline, if it stays silent; or null. */
export function recheckAfter(gates) {
    const times = gates.map((gate) => gate.recheck_s).filter(Boolean);
    return times.length ? Math.min(...times) : null;
}
