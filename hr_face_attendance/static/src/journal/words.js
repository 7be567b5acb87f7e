import { _t } from "@web/core/l10n/translation";

/** Of a day and of a session; `look` is a class that also reads well in the dark. */
export const STATES = {
    present: { label: _t("Present"), look: "text-bg-success" },
    late: { label: _t("Late"), look: "text-bg-warning" },
    still_in: { label: _t("Still in"), look: "text-bg-info" },
    missing_punch: { label: _t("Missing punch"), look: "text-bg-warning" },
    absent: { label: _t("Absent"), look: "text-bg-danger" },
    pending: { label: _t("Expected"), look: "text-bg-secondary" },
    leave: { label: _t("On leave"), look: "text-bg-secondary" },
    holiday: { label: _t("Public holiday"), look: "text-bg-secondary" },
    off: { label: _t("Day off"), look: "text-bg-light" },
    ahead: { label: _t("To come"), look: "text-bg-light" },
};
export const ENROLMENT = {
    enrolled: { label: _t("Enrolled"), look: "text-bg-success" },
    other_model: { label: _t("Other face model"), look: "text-bg-warning" },
    no_template: { label: _t("Pictures missing"), look: "text-bg-warning" },
    no_consent: { label: _t("Consent missing"), look: "text-bg-secondary" },
};
/** Of a commissioning sheet. */
export const VERDICTS = {
    ok: { label: _t("In order"), look: "text-bg-success" },
    warn: { label: _t("Warning"), look: "text-bg-warning" },
    fail: { label: _t("Failed"), look: "text-bg-danger" },
    skipped: { label: _t("Not checked"), look: "text-bg-secondary" },
};
export const DIRECTIONS = {
    auto: _t("Entrance and exit"),
    in: _t("Entrance"),
    out: _t("Exit"),
};
/** Of a device that has no health, because it is not paired. */
export const PAIRING = {
    new: { label: _t("Not paired"), look: "text-bg-secondary" },
    pairing: { label: _t("Waiting for code"), look: "text-bg-warning" },
    paired: { label: _t("Paired"), look: "text-bg-success" },
    revoked: { label: _t("Revoked"), look: "text-bg-danger" },
};
