/**
 * Core's kiosk page with a camera screen. Core's own screens (badge, manual selection, PIN,
 * greeting) stay as they are and remain one tap away.
 */

import { useEffect, useExternalListener } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";
import { rpc, RPCError } from "@web/core/network/rpc";
import kioskApp from "@hr_attendance/public_kiosk/public_kiosk_app";
import { FaceKiosk } from "./face_kiosk";
import { FollowScreen } from "./follow_screen";
import { KioskServices } from "./kiosk_services";
import { keepAwake } from "./wake_lock";

const HOMES = { face: "face", face_badge_manual: "face", follow: "follow" };
const IDLE_MS = 30000;

const { kioskAttendanceApp } = kioskApp;
Object.assign(kioskAttendanceApp.components, { FaceKiosk, FollowScreen });

patch(kioskAttendanceApp.prototype, {
    setup() {
        super.setup(...arguments);
        this.faceHome = HOMES[this.props.kioskMode];
        if (!this.faceHome) {
            return;
        }
        this.faceServices = new KioskServices(this.props.token);
        this.facePending = null;
        Object.assign(this.state, { active_display: this.faceHome, faceResume: null });
        useEffect(
            () => keepAwake(),
            () => [],
        );
        useExternalListener(window, "pointerdown", () => this.faceWatchIdle());
        useExternalListener(window, "keydown", (ev) => this.faceOnKey(ev));
        installable();
    },

    /** Core knows only its own screens, and takes every other one for its main screen. */
    switchDisplay(screen) {
        if (this.faceHome && screen === this.faceHome) {
            this.state.active_display = screen;
        } else {
            super.switchDisplay(screen);
        }
        this.faceWatchIdle();
    },

    kioskReturn() {
        if (!this.faceHome) {
            return super.kioskReturn(...arguments);
        }
        this.facePending = null;
        this.switchDisplay(this.faceHome);
    },

    faceOnKey({ key }) {
        this.faceWatchIdle();
        if (key === "Escape" && this.state.active_display !== this.faceHome) {
            this.kioskReturn();
        }
    },

    /** Whoever walks away from a list of names leaves the camera to the next one. */
    faceWatchIdle() {
        clearTimeout(this.faceIdle);
        if (["main", "manual", "pin"].includes(this.state.active_display)) {
            this.faceIdle = setTimeout(() => this.kioskReturn(), IDLE_MS);
        }
    },

    /** The face lies between two people: PIN or badge decides. */
    faceAskFactor(pending) {
        this.facePending = pending;
        this.switchDisplay("main");
    },

    async faceConfirm(shown) {
        try {
            const pending = this.facePending;
            const visit = await this.faceServices.confirm(pending, shown);
            if (this.facePending !== pending) {
                return; // gone back to the camera meanwhile: the next person is not told this
            }
            if (!visit) {
                this.displayNotification(_t("That is not right. Please try again."));
                return;
            }
            this.facePending = null;
            if (visit.phase === "told") {
                this.state.faceResume = visit;
            } else {
                this.displayNotification(
                    _t("Your face does not match it. Please try again or ask HR."),
                );
            }
            this.switchDisplay(this.faceHome);
        } catch (error) {
            this.displayNotification(
                error.data?.message ?? _t("The server is away. Please try again."),
            );
        }
    },

    faceResumed() {
        this.state.faceResume = null;
    },

    async kioskConfirm(employeeId) {
        if (!this.facePending) {
            return super.kioskConfirm(...arguments);
        }
        const asked = { token: this.props.token, employee_id: employeeId };
        const employee = await rpc("attendance_employee_data", asked);
        if (employee?.employee_name) {
            this.employeeData = { ...employee, id: employeeId };
            this.switchDisplay("pin");
        }
    },

    async onManualSelection(employeeId, enteredPin) {
        if (this.facePending) {
            return this.faceConfirm({ employee_id: employeeId, pin: enteredPin });
        }
        try {
            return await super.onManualSelection(...arguments);
        } catch (error) {
            if (!(error instanceof RPCError)) {
                throw error;
            }
            this.displayNotification(error.data.message);
        }
    },

    async onBarcodeScanned(barcode) {
        if (this.facePending) {
            return this.faceConfirm({ badge: barcode });
        }
        if (this.faceHome === "face" && this.state.active_display === "face") {
            this.switchDisplay("main"); // core hears badges on its main screen only
        }
        return super.onBarcodeScanned(...arguments);
    },
});

/** A small service worker keeps the page's shell; without one the page works while online. */
function installable() {
    const scope = window.location.pathname;
    navigator.serviceWorker
        ?.register("/hr_face_attendance/kiosk/service_worker.js", { scope })
        .catch((error) => console.warn("The page cannot be kept for offline:", error.message));
}
