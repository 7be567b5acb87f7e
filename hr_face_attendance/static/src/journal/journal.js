/** Pure parts of the journal: dates as addresses, months, shares, clock times. */

const DATE = /^(\d{4})(\d{2})(\d{2})$/;

/** 2025-03-03 as the number 20250303, which an address can carry; 0 if it is no date. */
export function idOfDate(iso) {
    return Number(String(iso || "").replaceAll("-", "")) || 0;
}

/** The ISO date of such a number; "" if it is none. */
export function dateOfId(id) {
    const [, year, month, day] = DATE.exec(String(id || "")) || [];
    const iso = `${year}-${month}-${day}`;
    return year && !Number.isNaN(Date.parse(iso)) ? iso : "";
}

/** The first and last ISO date of the month that lies `away` months from that of `iso`. */
export function monthAround(iso, away = 0) {
    const [year, month] = iso.split("-").map(Number);
    const at = (day, shift) => new Date(Date.UTC(year, month - 1 + away + shift, day));
    const text = (date) => date.toISOString().slice(0, 10);
    return [text(at(1, 0)), text(at(0, 1))];
}

/** The ISO date so many days later. */
export function daysLater(iso, days) {
    const date = new Date(`${iso}T00:00:00Z`);
    date.setUTCDate(date.getUTCDate() + days);
    return date.toISOString().slice(0, 10);
}

/** 0.934 as "93 %"; a dash where there is nothing to have a share of. */
export function percent(share) {
    return share === null || share === undefined ? "–" : `${Math.round(100 * share)} %`;
}

/** 127 minutes as "2:07". */
export function hours(minutes) {
    const whole = Math.round(minutes);
    return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Days in weeks from Monday on, with empty places before the first: for a calendar of squares. */
export function weeksOf(days) {
    if (!days.length) {
        return [];
    }
    const lead = (new Date(`${days[0].date}T00:00:00Z`).getUTCDay() + 6) % 7;
    const places = [...Array(lead).fill(null), ...days];
    const weeks = [];
    for (let start = 0; start < places.length; start += 7) {
        weeks.push(places.slice(start, start + 7));
    }
    return weeks;
}
