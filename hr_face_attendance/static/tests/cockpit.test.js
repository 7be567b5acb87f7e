import { describe, expect, test } from "@odoo/hoot";
import { clock, pieces } from "@hr_face_attendance/clearance/windows";
import { Gatherer } from "@hr_face_attendance/cockpit/gatherer";
import {
    busyHours,
    busyRange,
    byNeed,
    clockOf,
    countOf,
    merged,
    recheckAfter,
    share,
    shown,
    untilNow,
} from "@hr_face_attendance/cockpit/rows";

const row = (id, at, more = {}) => ({ id, at, alert: false, ...more });

describe("the stream", () => {
    test("is newest first, each event once, and what comes late finds its place", () => {
        const known = [row(3, "2025-03-03 08:03:00"), row(1, "2025-03-03 08:01:00")];
        const news = [
            row(2, "2025-03-03 08:02:00"),
            row(3, "2025-03-03 08:03:00", { name: "Ann" }),
        ];
        const rows = merged(known, news);
        expect(rows.map((one) => one.id)).toEqual([3, 2, 1]);
        expect(rows[0].name).toBe("Ann");
    });

    test("orders what happened in the same second, and stays short", () => {
        const rows = [1, 2, 3].map((id) => row(id, "2025-03-03 08:00:00"));
        expect(merged([], rows, 2).map((one) => one.id)).toEqual([3, 2]);
    });

    test("shows strangers and refusals alone when asked", () => {
        const rows = [row(1, "a"), row(2, "b", { alert: true })];
        expect(shown(rows, "alerts").map((one) => one.id)).toEqual([2]);
        expect(shown(rows, "all").length).toBe(2);
    });
});

describe("the curve", () => {
    test("of today ends now", () => {
        expect(untilNow([0, 1, 2, 2], 16, 15)).toEqual([0, 1]);
        expect(untilNow([0, 1, 2, 2], 0, 15)).toEqual([0]);
    });

    test("is shown where something happens; of nothing there is none", () => {
        const curve = Array.from({ length: 96 }, (_, step) => (step < 30 ? 0 : step < 40 ? 5 : 9));
        expect(busyRange(curve, null)).toEqual([26, 48]);
        expect(busyRange(new Array(96).fill(0), null)).toBe(null);
        expect([clockOf(35, 15), clockOf(96, 15)]).toEqual(["08:45", "00:00"]);
    });
});

describe("the gates", () => {
    test("begin with the one that needs somebody", () => {
        const gates = [
            { id: 1, health: "online" },
            { id: 2, health: "offline" },
            { id: 3, health: "online", emergency: true },
            { id: 4, health: "late" },
        ];
        expect(byNeed(gates).map((gate) => gate.id)).toEqual([3, 2, 4, 1]);
    });

    test("are read again when the first would be told late, and never if none is heard", () => {
        expect(recheckAfter([{ recheck_s: 50 }, { recheck_s: 20 }, { recheck_s: false }])).toBe(20);
        expect(recheckAfter([{ recheck_s: false }])).toBe(null);
    });

    test("bars are shares of the fullest", () => {
        const rows = [{ count: 8 }, { count: 2 }];
        expect(rows.map((one) => share(one, rows))).toEqual([100, 25]);
    });
});

describe("a rush", () => {
    test("is read at once, and what comes meanwhile together", async () => {
        const readings = [];
        const gatherer = new Gatherer((ids) => void readings.push(ids), 1);
        const work = gatherer.ask([1]);
        gatherer.ask([2]);
        gatherer.ask([3, 2]);
        await work;
        expect(readings).toEqual([[1], [2, 3]]);
        await gatherer.ask([4]);
        expect(readings.at(-1)).toEqual([4]);
    });

    test("nothing is read any more by a page that is left", async () => {
        const readings = [];
        const gatherer = new Gatherer((ids) => void readings.push(ids), 1);
        const work = gatherer.ask([1]);
        gatherer.ask([2]);
        gatherer.stop();
        await Promise.race([work, new Promise((resolve) => setTimeout(resolve, 20))]);
        expect(readings).toEqual([[1]]);
    });
});

describe("who may enter when", () => {
    test("windows are parts of the day, said in hours", () => {
        expect(pieces([[360, 720]])).toEqual([{ start: 25, size: 25 }]);
        expect([clock(510), clock(1440)]).toEqual(["08:30", "24:00"]);
    });
});

describe("the page of a gate", () => {
    test("counts outcomes together, and what did not happen as none", () => {
        const today = { identified: 7, no_clearance: 2, ambiguous: 1, no_face: 4 };
        const counted = ["identified", "refused", "pictures", "strangers"];
        expect(counted.map((kind) => countOf(today, kind))).toEqual([7, 3, 4, 0]);
    });

    test("shows the hours in which anything happens, with one of air", () => {
        const day = (...hours) =>
            Array.from({ length: 24 }, (_, at) => (hours.includes(at) ? 3 : 0));
        expect(busyHours(day(8, 17), null)).toEqual([7, 18]);
        expect(busyHours(day(9), day(7, 12))).toEqual([6, 13]);
        expect(busyHours(day(0, 23), null)).toEqual([0, 23]);
        expect(busyHours(day(), null)).toBe(null);
    });
});
