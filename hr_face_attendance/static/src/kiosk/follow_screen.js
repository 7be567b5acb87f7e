import { Component, onMounted, onWillUnmount, useState } from "@odoo/owl";
import { useService } from "@web/core/utils/hooks";
import { session } from "@web/session";
import { KioskResult } from "./kiosk_result";

const SEEN = "hr_face_attendance/kiosk";

/** The screen of a gate's own camera: shows what the gate's bridge has just seen. */
export class FollowScreen extends Component {
    static template = "hr_face_attendance.FollowScreen";
    static components = { KioskResult };
    static props = { services: Object };

    setup() {
        this.bus = useService("bus_service");
        this.gate = session.face_kiosk.gate;
        this.state = useState({ view: null, away: false });
        const onSeen = ({ event }) => this.show(event);
        const onAway = () => (this.state.away = true);
        const onBack = () => (this.state.away = false);
        onMounted(() => {
            this.bus.subscribe(SEEN, onSeen);
            this.bus.addEventListener("BUS:DISCONNECT", onAway);
            this.bus.addEventListener("BUS:CONNECT", onBack);
            this.bus.addEventListener("BUS:RECONNECT", onBack);
            this.bus.addChannel(session.face_kiosk.channel);
        });
        onWillUnmount(() => {
            this.bus.unsubscribe(SEEN, onSeen);
            this.bus.removeEventListener("BUS:DISCONNECT", onAway);
            this.bus.removeEventListener("BUS:CONNECT", onBack);
            this.bus.removeEventListener("BUS:RECONNECT", onBack);
            this.bus.deleteChannel(session.face_kiosk.channel);
        });
    }

    async show(event) {
        const view = await this.props.services.result(event);
        if (view) {
            this.state.view = view;
        }
    }

    done() {
        this.state.view = null;
    }
}
