import { deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { CAMERAS } from "./words";

const CLOCK_OFF_MS = 2000;

/** What gates and devices tell of themselves, in the words of the live page and of their own. */

export function contact(row) {
    return row.last_contact
        ? _t("Last contact %s", deserializeDateTime(row.last_contact).toRelative())
        : _t("No contact yet");
}

/** The time of something that was mostly today. */
export function timeOf(text) {
    const at = deserializeDateTime(text);
    const isToday = at.hasSame(luxon.DateTime.local(), "day");
    return isToday
        ? at.toLocaleString(luxon.DateTime.TIME_WITH_SECONDS)
        : at.toLocaleString({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
}

/** Why, without the direction, which stands beside it already. */
export function reasonOf(row) {
    return (row.reason || "").replace(/^(IN|OUT): /, "");
}

export function camera(gate) {
    const fps = gate.fps && gate.camera === "ok" ? ` · ${gate.fps.toFixed(1)} fps` : "";
    return (CAMERAS[gate.camera] || "") + fps;
}

/** What an installer asks first of a device that has been heard of, in one line. */
export function facts(device) {
    return [
        device.pending ? _t("%s events waiting", device.pending) : _t("nothing waiting"),
        _t("clock %s ms", signed(device.clock_offset_ms)),
        device.model,
        device.version && _t("version %s", device.version),
    ].filter(Boolean);
}

export function signed(number) {
    return number > 0 ? `+${number}` : String(number);
}

export function isClockOff(device) {
    return Math.abs(device.clock_offset_ms) > CLOCK_OFF_MS;
}
