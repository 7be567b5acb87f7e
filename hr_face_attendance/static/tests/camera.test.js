import { describe, expect, test } from "@odoo/hoot";
import { openCamera } from "@hr_face_attendance/camera/camera_stream";
import { defectsOf, guidanceOf, poseOf } from "@hr_face_attendance/camera/guidance";
import { CHIP_POINTS, cutPart, light, pose, similarity } from "@hr_face_attendance/camera/measures";

const BOUNDS = {
    min_face_px: 44,
    max_face_part: 0.9,
    min_sharpness: 0.15,
    min_brightness: 30,
    max_burnt_part: 0.4,
    max_roll_deg: 15,
    max_nose_offset: 0.25,
    max_cut_part: 0.25,
};
const TABLE = {
    match: BOUNDS,
    enrol: { ...BOUNDS, min_face_px: 80 },
    remedies: [
        { defect: "cut_off", guidance: "come_into_view" },
        { defect: "too_far", guidance: "come_closer" },
        { defect: "dark", guidance: "more_light" },
        { defect: "turned", guidance: "look_straight" },
        { defect: "blurred", guidance: "hold_still" },
    ],
};
const GOOD = {
    height: 200,
    part: 0.4,
    sharpness: 2,
    brightness: 120,
    burnt: 0,
    roll: 1,
    offset: 0.02,
    cut: 0,
};

describe("guidance", () => {
    const cases = [
        ["nobody", [], "come_into_view"],
        ["a good face", [GOOD], null],
        ["two people", [GOOD, { ...GOOD, height: 150 }], "one_person"],
        ["somebody far behind", [GOOD, { ...GOOD, height: 60 }], null],
        ["too far", [{ ...GOOD, height: 43 }], "come_closer"],
        ["dark", [{ ...GOOD, brightness: 29 }], "more_light"],
        ["turned", [{ ...GOOD, offset: -0.3 }], "look_straight"],
        [
            "far and blurred: the first remedy",
            [{ ...GOOD, height: 40, sharpness: 0 }],
            "come_closer",
        ],
        ["what could not be measured is not good", [{ ...GOOD, sharpness: NaN }], "hold_still"],
    ];
    for (const [name, faces, expected] of cases) {
        test(name, () => {
            expect(guidanceOf(faces, TABLE)).toBe(expected);
        });
    }

    test("enrolment is stricter", () => {
        expect(guidanceOf([{ ...GOOD, height: 70 }], TABLE, "enrol")).toBe("come_closer");
    });

    test("a head is turned as it is asked for", () => {
        const turned = (offset, wanted) =>
            guidanceOf([{ ...GOOD, offset }], TABLE, "enrol", wanted);
        expect(turned(0, "left")).toBe("turn_left");
        expect(turned(-0.3, "left")).toBe("turn_left");
        expect(turned(0.3, "left")).toBe(null);
        expect(turned(0.9, "left")).toBe("look_straight");
        expect(turned(0.3, "right")).toBe("turn_right");
        expect(turned(-0.3, "right")).toBe(null);
    });

    test("poses are the person's own sides", () => {
        expect([-0.3, 0, 0.3].map(poseOf)).toEqual(["right", "frontal", "left"]);
    });

    test("every defect is found", () => {
        const worst = {
            height: 1,
            part: 1,
            sharpness: 0,
            brightness: 0,
            burnt: 1,
            roll: -90,
            offset: 1,
            cut: 1,
        };
        expect(defectsOf(worst, BOUNDS).length).toBe(8);
    });
});

describe("measures", () => {
    test("an aligned face lies where it is", () => {
        const [a, b, c, d, e, f] = similarity(CHIP_POINTS, CHIP_POINTS);
        [a - 1, b, c, d - 1, e, f].forEach((off) => expect(Math.abs(off)).toBeLessThan(1e-9));
    });

    test("the similarity undoes shift, scale and turn", () => {
        const moved = CHIP_POINTS.map(([x, y]) => [10 - 2 * y, 20 + 2 * x]);
        const [a, b, c, d, e, f] = similarity(moved, CHIP_POINTS);
        moved.forEach(([x, y], i) => {
            expect(Math.abs(a * x + c * y + e - CHIP_POINTS[i][0])).toBeLessThan(1e-6);
            expect(Math.abs(b * x + d * y + f - CHIP_POINTS[i][1])).toBeLessThan(1e-6);
        });
    });

    test("points on one spot have no similarity", () => {
        expect(similarity(Array(5).fill([3, 3]), CHIP_POINTS)).toBe(null);
    });

    test("roll and offset", () => {
        const { roll, offset } = pose([
            [0, 0],
            [10, 10],
            [7, 7],
        ]);
        expect(Math.round(roll)).toBe(45);
        expect(Math.abs(offset - 0.2)).toBeLessThan(1e-9);
    });

    test("a face at the edge is cut", () => {
        const inside = [
            [300, 200],
            [340, 200],
        ];
        expect(cutPart(inside, 640, 480)).toBe(0);
        const outside = [
            [-20, 200],
            [20, 200],
        ];
        expect(cutPart(outside, 640, 480)).toBeGreaterThan(0.4);
    });

    test("an even chip is as bright as it is, and has no edges", () => {
        const rgba = new Uint8ClampedArray(150 * 150 * 4).fill(90);
        const { brightness, burnt, sharpness } = light(rgba);
        expect(Math.round(brightness)).toBe(90);
        expect([burnt, Math.round(sharpness * 1000)]).toEqual([0, 0]);
        expect(light(rgba.fill(255)).burnt).toBe(1);
    });
});

describe("camera", () => {
    const failing = (name) => ({
        getUserMedia: async () => {
            throw new DOMException("", name);
        },
    });
    const cases = [
        ["plain http", undefined, "insecure"],
        ["refused", failing("NotAllowedError"), "denied"],
        ["none", failing("NotFoundError"), "missing"],
        ["taken", failing("NotReadableError"), "busy"],
        ["anything else", failing("TypeError"), "failed"],
    ];
    for (const [name, media, code] of cases) {
        test(name, async () => {
            const problem = await openCamera(media ?? null).catch((error) => error);
            expect(problem.code).toBe(code);
        });
    }
});
