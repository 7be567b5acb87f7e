import { _t } from "@web/core/l10n/translation";

/** What to say for each of the service's guidance codes. */
const GUIDANCE = {
    one_person: _t("One person at a time, please"),
    come_into_view: _t("Look at the camera"),
    come_closer: _t("Come closer"),
    step_back: _t("Step back a little"),
    more_light: _t("It is too dark here: turn to the light"),
    less_light: _t("It is too bright here: turn away from the light"),
    look_straight: _t("Look straight at the camera"),
    hold_upright: _t("Hold your head upright"),
    hold_still: _t("Hold still"),
    blink: _t("Blink with both eyes"),
    turn_left: _t("Turn your head to your left"),
    turn_right: _t("Turn your head to your right"),
    slower: _t("A little slower"),
};

/** What is wrong with the camera, and what to do about it. */
const PROBLEMS = {
    insecure: {
        title: _t("The camera needs a secure address"),
        advice: _t(
            "Browsers give a camera to https:// pages only. Open this page by its https:// address, or ask IT to set one up.",
        ),
    },
    denied: {
        title: _t("The browser does not let this page use the camera"),
        advice: _t(
            "Tap the lock or camera symbol beside the address, allow the camera, then tap Try Again.",
        ),
    },
    missing: {
        title: _t("There is no camera"),
        advice: _t("Connect a camera, or take a device that has one, then tap Try Again."),
    },
    busy: {
        title: _t("Another program is using the camera"),
        advice: _t("Close video calls and other pages that show the camera, then tap Try Again."),
    },
    lost: {
        title: _t("The camera stopped"),
        advice: _t("Check its cable. It is tried again by itself."),
    },
    failed: {
        title: _t("The camera does not start"),
        advice: _t("Restart this device, then open this page again."),
    },
};

export function guidanceWords(code) {
    return code === null ? _t("Hold still …") : (GUIDANCE[code] ?? "");
}

export function problemWords(code) {
    return PROBLEMS[code] ?? PROBLEMS.failed;
}
