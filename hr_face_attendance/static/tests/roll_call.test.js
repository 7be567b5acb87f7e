import { describe, expect, test } from "@odoo/hoot";
import {
    choicesFor,
    inputTime,
    lookOf,
    neighbour,
    odooTime,
    placed,
    summaryOf,
} from "@hr_face_attendance/roll_call/roll";

const face = (about) => ({ id: 1, employee: false, similar: [], counts: "nobody", ...about });

describe("a face on the picture", () => {
    test("looks as what it comes to", () => {
        expect(lookOf(face({}))).toBe("unknown");
        expect(lookOf(face({ elsewhere: true }))).toBe("elsewhere");
        expect(lookOf(face({ employee: 7, counts: "twice" }))).toBe("twice");
        expect(lookOf(face({ employee: 7, counts: "counts", dismissed: true }))).toBe("dismissed");
    });

    test("offers those who look alike first", () => {
        const people = [
            { id: 1, name: "Ann" },
            { id: 2, name: "Ben" },
            { id: 3, name: "Cleo" },
        ];
        const names = (similar) => choicesFor(face({ similar }), people).map((one) => one.label);
        expect(names([])).toEqual(["Ann", "Ben", "Cleo"]);
        expect(names([3, 2])).toEqual(["Cleo", "Ben", "Ann"]);
    });

    test("leads to its neighbours, round and round", () => {
        const faces = [1, 2, 3].map((id) => face({ id }));
        expect(neighbour(faces, 3, 1).id).toBe(1);
        expect(neighbour(faces, 1, -1).id).toBe(3);
        expect(neighbour(faces, 9, 1)).toBe(null);
    });

    test("stands where it was found, at any size", () => {
        expect(placed([0.1, 0.25, 0.5, 1])).toBe(
            "left:10.000%;top:25.000%;width:50.000%;height:100.000%",
        );
    });
});

test("the result names people in order and counts unknown faces", () => {
    const screen = {
        people: [
            { id: 1, name: "Zoe" },
            { id: 2, name: "Ann" },
            { id: 3, name: "Ben" },
        ],
        lines: [
            { employee: 1, present: true, by_hand: false },
            { employee: 2, present: true, by_hand: true },
            { employee: 3, present: false, by_hand: false },
            { employee: 4, present: true, by_hand: false },
        ],
        photos: [{ faces: [face({}), face({ dismissed: true }), face({ elsewhere: true })] }],
    };
    const { present, absent, unknown } = summaryOf(screen);
    expect(present.map((one) => [one.name, one.byHand])).toEqual([
        ["Ann", true],
        ["Zoe", false],
    ]);
    expect(absent.map((one) => one.name)).toEqual(["Ben"]);
    expect(unknown).toBe(1);
});

test("times go to Odoo in UTC, and nonsense goes nowhere", () => {
    const date = new Date(2026, 2, 3, 8, 5);
    expect(inputTime(date)).toBe("2026-03-03T08:05");
    expect(odooTime(inputTime(date))).toBe(date.toISOString().slice(0, 19).replace("T", " "));
    expect(odooTime("")).toBe(null);
    expect(odooTime("yesterday")).toBe(null);
});
