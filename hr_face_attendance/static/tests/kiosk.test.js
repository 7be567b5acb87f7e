import { describe, expect, test } from "@odoo/hoot";
import {
    guided,
    newGuide,
    textOf,
    LONGEST_REST_MS,
    REST_MS,
    STEP_MS,
} from "@hr_face_attendance/kiosk/challenge_guide";
import { KioskSession } from "@hr_face_attendance/kiosk/kiosk_session";
import {
    CallRefused,
    RecognitionClient,
    ServiceAway,
} from "@hr_face_attendance/kiosk/recognition_client";
import { newUuid } from "@hr_face_attendance/kiosk/uuid";
import { keepAwake } from "@hr_face_attendance/kiosk/wake_lock";
import { answered, confirmed, isLastTry, newVisit, TRIES } from "@hr_face_attendance/kiosk/visit";

const answer = (outcome, more = {}) => ({
    outcome,
    needs: null,
    guidance: null,
    event: null,
    person: null,
    ...more,
});
const ANN = answer("identified", { event: "e1", person: { employee: 1, display_name: "Ann" } });

describe("a visit", () => {
    test("ends with whoever is recognised", () => {
        const visit = answered(newVisit("u"), ANN);
        expect([visit.phase, visit.event, visit.name]).toEqual(["told", "e1", "Ann"]);
    });

    test("offers the other ways after three tries, and writes the stranger with the last", () => {
        let visit = newVisit("u");
        for (let i = 0; i < TRIES; i++) {
            expect(isLastTry(visit)).toBe(i === TRIES - 1);
            expect(visit.phase).toBe("looking");
            visit = answered(visit, answer("no_candidate"));
        }
        expect(visit.phase).toBe("unknown");
    });

    test("a bad picture is no try", () => {
        let visit = newVisit("u");
        for (const outcome of ["no_face", "multiple_faces", "low_quality"]) {
            visit = answered(visit, answer(outcome, { guidance: "hold_still" }));
        }
        expect([visit.tries, visit.phase, visit.guidance]).toEqual([0, "looking", "hold_still"]);
    });

    test("asks for PIN or badge when the face is unclear twice", () => {
        const once = answered(newVisit("u"), answer("ambiguous"));
        expect(once.phase).toBe("looking");
        expect(answered(once, answer("ambiguous")).phase).toBe("factor");
        expect(answered(once, answer("ambiguous", { event: "e" })).phase).toBe("unknown");
    });

    test("takes the challenge that the gate asks for", () => {
        const asked = answered(newVisit("u"), answer(null, { needs: "challenge" }));
        expect(asked.phase).toBe("challenge");
        const slow = answered(asked, answer(null, { needs: "frames" }));
        expect([slow.phase, slow.challenges]).toEqual(["challenge", 1]);
        expect(answered(asked, answer("presentation_attack", { event: "e" })).phase).toBe("told");
    });

    test("a PIN that the face does not match recognises nobody", () => {
        expect(confirmed(newVisit("u"), ANN).phase).toBe("told");
        expect(confirmed(newVisit("u"), answer("ambiguous")).phase).toBe("unknown");
        expect(confirmed(newVisit("u"), answer("no_candidate")).phase).toBe("unknown");
    });
});

test("the screen stays on while the page is shown, and is let go with it", async () => {
    const page = new EventTarget();
    page.visibilityState = "visible";
    const said = [];
    const wakeLock = {
        request: async (kind) => {
            said.push(kind);
            return { release: () => said.push("released") };
        },
    };
    const stop = keepAwake(page, wakeLock);
    await Promise.resolve();
    page.visibilityState = "hidden";
    page.dispatchEvent(new Event("visibilitychange"));
    page.visibilityState = "visible";
    page.dispatchEvent(new Event("visibilitychange"));
    await new Promise((done) => setTimeout(done));
    stop();
    page.dispatchEvent(new Event("visibilitychange"));
    expect(said).toEqual(["screen", "screen", "released"]);
    keepAwake(page, undefined)(); // a browser that cannot
});

test("an encounter's UUID is one, whatever the chance", () => {
    expect(newUuid((bytes) => bytes.fill(0xff))).toBe("ffffffff-ffff-4fff-bfff-ffffffffffff");
    expect(newUuid((bytes) => bytes.fill(0))).toBe("00000000-0000-4000-8000-000000000000");
});

describe("the steps of a challenge", () => {
    const STEPS = ["blink", "turn_left"];
    const REST = { offset: 0.02, openness: 0.3 };
    const CLOSED = { offset: 0.02, openness: 0.22 };
    const HALF = { offset: 0.12, openness: 0.3 };
    const NEARLY = { offset: 0.15, openness: 0.3 };
    const LEFT = { offset: 0.25, openness: 0.3 };
    const RIGHT = { offset: -0.25, openness: 0.3 };

    /** [text, done] after these frames, 100 ms apart. */
    const after = (...frames) => {
        let [guide, at] = [newGuide(STEPS, 0), 0];
        for (const frame of frames) {
            at += 100;
            guide = guided(guide, at, frame);
        }
        return [textOf(guide), guide.done];
    };
    const times = (number, frame) => Array(number).fill(frame);
    const RESTED = times(7, REST);
    const BLINKED = [...RESTED, ...times(4, REST), CLOSED, CLOSED, ...times(3, REST)];
    const GONE_LEFT = [...BLINKED, ...times(3, REST), HALF, LEFT];

    test("go on when they are seen done", () => {
        expect(after(...times(6, REST))).toEqual(["look_straight", false]);
        expect(after(...RESTED)).toEqual(["blink", false]);
        expect(after(...BLINKED.slice(0, -1))).toEqual(["blink", false]);
        expect(after(...BLINKED)).toEqual(["turn_left", false]);
        expect(after(...GONE_LEFT)).toEqual(["look_straight", false]);
        expect(after(...GONE_LEFT, HALF, ...times(2, REST))).toEqual(["look_straight", false]);
        expect(after(...GONE_LEFT, HALF, ...times(3, REST))).toEqual(["look_straight", true]);
    });

    test("wait for what was asked, and for the way there and back", () => {
        expect(after(...RESTED, ...times(15, REST))).toEqual(["blink", false]);
        expect(after(...RESTED, REST, CLOSED, ...times(9, REST))).toEqual(["blink", false]);
        expect(after(...BLINKED, ...times(9, RIGHT))).toEqual(["turn_left", false]);
        expect(after(...BLINKED, ...times(9, HALF))).toEqual(["turn_left", false]);
        expect(after(...BLINKED, REST, LEFT)).toEqual(["slower", false]);
        // to the judge this may be turned already
        expect(after(...BLINKED, REST, NEARLY, LEFT)).toEqual(["slower", false]);
        expect(after(...GONE_LEFT, REST)).toEqual(["slower", false]);
    });

    test("whoever moves all the time is looked at longer, and then asked all the same", () => {
        const restless = Array.from({ length: 29 }, (_, i) => (i % 2 ? REST : HALF));
        expect(after(...restless)).toEqual(["look_straight", false]);
        expect(after(...restless, REST)).toEqual(["blink", false]);
    });

    test("go by the clock where nothing is seen", () => {
        const texts = [0, REST_MS, REST_MS + STEP_MS, REST_MS + 2 * STEP_MS];
        const unseen = { offset: null, openness: null };
        let guide = times(6, unseen).reduce((one) => guided(one, 0, unseen), newGuide(STEPS, 0));
        const shown = texts.map((ms) => {
            guide = guided(guide, ms, unseen);
            return textOf(guide);
        });
        expect(shown).toEqual(["look_straight", "blink", "turn_left", "look_straight"]);
        const end = REST_MS + 2 * STEP_MS + REST_MS;
        expect(guided(guide, end - 1).done).toBe(false);
        expect(guided(guide, end).done).toBe(true);
    });

    test("wait at rest until the judge has frames enough of it, on a page that gets few", () => {
        const guide = guided(newGuide(STEPS, 0), REST_MS, { offset: null, openness: null });
        expect(textOf(guide)).toBe("look_straight");
        expect(textOf(guided(guide, LONGEST_REST_MS - 1))).toBe("look_straight");
        expect(textOf(guided(guide, LONGEST_REST_MS))).toBe("blink");
    });
});

describe("the token", () => {
    const server = (answers) => async () => {
        const next = answers.shift();
        if (next instanceof Error) {
            throw next;
        }
        return { service: { token: next, service: "s" } };
    };

    test("is renewed before it ends, and not earlier", async () => {
        const session = new KioskSession("k", server(["one", "two"]));
        const seen = [];
        for (const now of [0, 60000, 89000, 91000]) {
            seen.push((await session.token({ now })).token);
        }
        expect(seen).toEqual(["one", "one", "one", "two"]);
    });

    test("is used to its end while Odoo is away", async () => {
        const session = new KioskSession("k", server(["one", new Error("away"), "two"]));
        const seen = [];
        for (const now of [0, 95000, 96000]) {
            seen.push((await session.token({ now })).token);
        }
        expect(seen).toEqual(["one", "one", "two"]);
    });
});

describe("the service", () => {
    const reply = (status, content) => ({
        status,
        ok: status < 400,
        json: async () => content,
    });
    const client = (replies, renewals = []) =>
        new RecognitionClient(
            async ({ renew } = {}) => {
                renewals.push(Boolean(renew));
                return { token: "t", service: "s" };
            },
            async () => replies.shift() ?? Promise.reject(new TypeError("Failed to fetch")),
        );
    const failure = (code) => ({ error: { code } });

    test("a token that has expired is renewed once", async () => {
        const renewals = [];
        const asked = client(
            [reply(401, failure("token_expired")), reply(200, { ok: 1 })],
            renewals,
        );
        expect(await asked.guidance()).toEqual({ ok: 1 });
        expect(renewals).toEqual([false, true]);
    });

    test("failures are told apart", async () => {
        const cases = [
            [[], ServiceAway],
            [[reply(503, failure("busy"))], ServiceAway],
            [[reply(422, failure("image_unreadable"))], CallRefused],
        ];
        for (const [replies, type] of cases) {
            const error = await client(replies)
                .guidance()
                .catch((one) => one);
            expect(error instanceof type).toBe(true);
        }
    });
});
