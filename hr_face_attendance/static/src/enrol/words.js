import { _t } from "@web/core/l10n/translation";

const POSES = {
    frontal: _t("From the front"),
    left: _t("Turned left"),
    right: _t("Turned right"),
};

const GRADES = { poor: _t("Poor"), fair: _t("Fair"), good: _t("Good") };

const REASONS = {
    unreadable: _t("This is no picture that can be read."),
    no_face: _t("No face was found."),
    multiple_faces: _t("There is more than one face."),
    low_quality: _t("The picture is not good enough."),
    too_far: _t("The face is too small."),
    too_close: _t("The face is too close."),
    turned: _t("The head is turned too far."),
    tilted: _t("The head is tilted."),
    dark: _t("The face is too dark."),
    bright: _t("The face is too bright."),
    blurred: _t("The face is blurred."),
    cut_off: _t("The face is cut off."),
};

const REFUSALS = {
    offline: _t("The recognition service does not answer. Check the network, then try again."),
    no_service: _t(
        "No recognition service is set up. Pair a device that has a service address" +
            " (Face Attendance → Configuration → Devices).",
    ),
    busy: _t("The recognition service is busy. Try again in a moment."),
    starting: _t("The recognition service is starting. Try again in a moment."),
    odoo_unreachable: _t("The recognition service does not reach Odoo. Try again in a moment."),
    session_over: _t("This enrolment is over. Begin a new one."),
    no_consent: _t("Consent to face recognition is missing."),
    wrong_model: _t("The recognition service makes templates of another model than Odoo keeps."),
    image_unreadable: _t("This is no picture that can be read."),
    body_too_large: _t("The picture is too large."),
};

export const turnBackWords = () => _t("A little less: turn back slowly").toString();
export const poseWords = (pose) => POSES[pose] ?? pose;
export const gradeWords = (grade) => GRADES[grade] ?? grade;
export const reasonWords = (code) => REASONS[code] ?? REASONS.low_quality;
export const refusalWords = (code) => REFUSALS[code] ?? REFUSALS.offline;
