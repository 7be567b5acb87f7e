import { onMounted, onWillUnmount } from "@odoo/owl";
import { useService } from "@web/core/utils/hooks";

const CHANNEL = "hr_face_cockpit";
const EVENTS = "hr_face_cockpit/events";
const GATES = "hr_face_cockpit/gates";

/**
 * What Odoo's bus says to whoever looks at the gates, while the component is shown.
 *
 * onEvents  ({ events }) numbers of new ones; none if anything may have changed
 * onGates   () a heartbeat came
 * onAway    () the connection is lost
 * onBack    () it is there again: what it missed is to be read anew
 */
export function useHeard({ onEvents, onGates, onAway = () => {}, onBack }) {
    const bus = useService("bus_service");
    const told = [
        [EVENTS, onEvents],
        [GATES, onGates],
    ];
    const happened = [
        ["BUS:DISCONNECT", onAway],
        ["BUS:RECONNECTING", onAway],
        ["BUS:CONNECT", onBack],
        ["BUS:RECONNECT", onBack],
    ];
    onMounted(() => {
        told.forEach(([type, heard]) => bus.subscribe(type, heard));
        happened.forEach(([type, heard]) => bus.addEventListener(type, heard));
        bus.addChannel(CHANNEL);
    });
    onWillUnmount(() => {
        told.forEach(([type, heard]) => bus.unsubscribe(type, heard));
        happened.forEach(([type, heard]) => bus.removeEventListener(type, heard));
        bus.deleteChannel(CHANNEL);
    });
}
