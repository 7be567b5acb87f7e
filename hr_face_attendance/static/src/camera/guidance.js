/**
 * From measures to the one thing to say. Pure.
 *
 * The table of thresholds is not written here: the recognition service hands out its own
 * (`GET /v1/guidance`, made from device_bridge/domain/quality.py and guidance.py), so that a page
 * asks for what that service will accept, whatever version it is.
 */

/** How far a head is to be turned for an enrolment frame, as the nose's offset (see measures). */
export const TURNED = { least: 0.15, most: 0.55 };

/** A face under half the main one's height belongs to the background. */
export function isBystander(main, other) {
    return other.height < main.height / 2;
}

/**
 * What is wrong, in any order.
 *
 * @param measures {height, part, sharpness, brightness, burnt, roll, offset, cut}
 * @param t thresholds, named as quality.Thresholds
 * @param wanted "frontal", "left", "right" or "any"
 */
export function defectsOf(measures, t, wanted = "frontal") {
    const m = measures;
    const defects = {
        too_far: !(m.height >= t.min_face_px),
        too_close: !(m.part <= t.max_face_part),
        turned: wanted === "frontal" && !(Math.abs(m.offset) <= t.max_nose_offset),
        tilted: !(Math.abs(m.roll) <= t.max_roll_deg),
        dark: !(m.brightness >= t.min_brightness),
        bright: !(m.burnt <= t.max_burnt_part),
        blurred: !(m.sharpness >= t.min_sharpness),
        cut_off: !(m.cut <= t.max_cut_part),
    };
    return Object.keys(defects).filter((name) => defects[name]);
}

/**
 * The code of the one thing to say first, null if the frame is good.
 *
 * @param faces measures of every face, largest first
 * @param table as the service hands it out: {match, enrol, remedies: [{defect, guidance}]}
 * @param purpose "match" or "enrol"
 */
export function guidanceOf(faces, table, purpose = "match", wanted = "frontal") {
    const [main, ...others] = faces;
    if (!main) {
        return "come_into_view";
    }
    if (others.some((other) => !isBystander(main, other))) {
        return "one_person";
    }
    const defects = defectsOf(main, table[purpose], wanted);
    const remedy = table.remedies.find(({ defect }) => defects.includes(defect));
    return remedy ? remedy.guidance : turnGuidance(main.offset, wanted);
}

/** "frontal", "left" or "right". */
export function poseOf(offset) {
    if (Math.abs(offset) < TURNED.least) {
        return "frontal";
    }
    return offset > 0 ? "left" : "right";
}

function turnGuidance(offset, wanted) {
    if (wanted !== "left" && wanted !== "right") {
        return null;
    }
    const turn = wanted === "left" ? offset : -offset;
    if (turn < TURNED.least) {
        return wanted === "left" ? "turn_left" : "turn_right";
    }
    return turn > TURNED.most ? "look_straight" : null;
}
