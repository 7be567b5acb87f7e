/** What the page shows of a roll call; pure, so that it can be tested without a server. */

/** How a face looks on the picture, most telling first. */
export function lookOf(face) {
    if (face.dismissed) {
        return "dismissed";
    }
    if (face.employee) {
        return face.counts;
    }
    return face.elsewhere ? "elsewhere" : "unknown";
}

/** @returns {{ present, absent, unknown }} people with names, and how many faces wait for one */
export function summaryOf(screen) {
    const people = new Map(screen.people.map((person) => [person.id, person]));
    const named = (present) =>
        screen.lines
            .filter((line) => line.present === present && people.has(line.employee))
            .map((line) => ({ ...people.get(line.employee), byHand: line.by_hand }))
            .sort((one, other) => one.name.localeCompare(other.name));
    const faces = screen.photos.flatMap((photo) => photo.faces);
    const unknown = faces.filter((face) => lookOf(face) === "unknown").length;
    return { present: named(true), absent: named(false), unknown };
}

/** Whom a face may be, as choices: those who look alike first, the rest by name. */
export function choicesFor(face, people) {
    const rank = new Map(face.similar.map((id, place) => [id, place]));
    const of = (person) => rank.get(person.id) ?? face.similar.length;
    return [...people]
        .sort((one, other) => of(one) - of(other) || one.name.localeCompare(other.name))
        .map((person) => ({ value: person.id, label: person.name }));
}

/** The face that follows in reading order, round and round. */
export function neighbour(faces, id, step) {
    const place = faces.findIndex((face) => face.id === id);
    return place < 0 ? null : faces[(place + step + faces.length) % faces.length];
}

/** Style of a box given as shares of the picture; a picture is not mirrored in Arabic. */
export function placed([x, y, width, height]) {
    const percent = (share) => `${(100 * share).toFixed(3)}%`;
    return `left:${percent(x)};top:${percent(y)};width:${percent(width)};height:${percent(height)}`;
}

/** "2026-03-03T08:57" of a moment on this device's clock, as an input takes it. */
export function inputTime(date) {
    const two = (number) => String(number).padStart(2, "0");
    const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
    return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** "2026-03-03 07:57:00" in UTC, as Odoo takes it, of what the input gave; null for none. */
export function odooTime(text) {
    const date = text ? new Date(text) : null;
    return date && !Number.isNaN(date.getTime())
        ? date.toISOString().slice(0, 19).replace("T", " ")
        : null;
}
