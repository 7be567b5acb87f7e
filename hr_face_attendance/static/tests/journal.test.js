import { describe, expect, test } from "@odoo/hoot";
import {
    dateOfId,
    daysLater,
    hours,
    idOfDate,
    monthAround,
    percent,
    weeksOf,
} from "@hr_face_attendance/journal/journal";

describe.tags("headless");

test("a date is a number that an address carries", () => {
    expect(idOfDate("2025-03-03")).toBe(20250303);
    expect(dateOfId(20250303)).toBe("2025-03-03");
    for (const nonsense of [undefined, false, 42, 20251399, "x", ""]) {
        expect(dateOfId(nonsense)).toBe("");
    }
});

test("a month has its own first and last day, also over the turn of a year", () => {
    expect(monthAround("2024-02-10")).toEqual(["2024-02-01", "2024-02-29"]);
    expect(monthAround("2025-01-31", -1)).toEqual(["2024-12-01", "2024-12-31"]);
    expect(monthAround("2025-01-31", 1)).toEqual(["2025-02-01", "2025-02-28"]);
});

test("days go on over months and changes of the clock", () => {
    expect(daysLater("2025-02-28", 1)).toBe("2025-03-01");
    expect(daysLater("2025-03-30", 1)).toBe("2025-03-31");
    expect(daysLater("2025-01-01", -1)).toBe("2024-12-31");
});

test("shares and hours are told as people say them", () => {
    expect([0, 0.934, 1].map(percent)).toEqual(["0 %", "93 %", "100 %"]);
    expect([null, undefined].map(percent)).toEqual(["–", "–"]);
    expect([0, 5, 127, 479.6].map(hours)).toEqual(["0:00", "0:05", "2:07", "8:00"]);
});

test("weeks begin on Monday", () => {
    expect(weeksOf([])).toEqual([]);
    const days = Array.from({ length: 6 }, (_, n) => ({ date: daysLater("2025-03-06", n) }));
    const weeks = weeksOf(days);
    expect(weeks.map((week) => week.length)).toEqual([7, 2]);
    expect(weeks[0].slice(0, 4)).toEqual([null, null, null, days[0]]);
});
