import { _t } from "@web/core/l10n/translation";

export const OUTCOMES = {
    identified: _t("Identified"),
    no_face: _t("No face"),
    multiple_faces: _t("Several faces"),
    low_quality: _t("Low quality"),
    presentation_attack: _t("Presentation attack"),
    no_candidate: _t("Stranger"),
    ambiguous: _t("Ambiguous"),
    refractory: _t("Seen just before"),
    no_clearance: _t("No clearance"),
    correction: _t("Correction"),
};
export const SOURCES = {
    gate: _t("Gate"),
    kiosk: _t("Kiosk"),
    roll_call: _t("Roll call"),
    terminal: _t("Terminal"),
    correction: _t("Correction"),
};
export const HEALTH = {
    online: { label: _t("Online"), look: "text-bg-success" },
    late: { label: _t("Late"), look: "text-bg-warning" },
    offline: { label: _t("Offline"), look: "text-bg-danger" },
    none: { label: _t("No device"), look: "text-bg-secondary" },
};
export const CAMERAS = {
    ok: _t("Camera running"),
    starting: _t("Camera starting"),
    stalled: _t("Camera stalled"),
    lost: _t("Camera lost"),
    ended: _t("Recording ended"),
};
