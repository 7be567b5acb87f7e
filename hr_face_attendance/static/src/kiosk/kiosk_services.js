import { reactive } from "@odoo/owl";
import { KioskSession } from "./kiosk_session";
import { CallRefused, RecognitionClient, ServiceAway } from "./recognition_client";
import { confirmed } from "./visit";

/** What a kiosk's screens share, and how it stands with Odoo and the recognition service. */
export class KioskServices {
    constructor(key) {
        this.session = new KioskSession(key);
        this.client = new RecognitionClient((options) => this.session.token(options));
        // away: null, "odoo", "service", or "none" while no service serves the gate
        this.state = reactive({ away: null, table: null });
    }

    get table() {
        return this.state.table;
    }

    get votes() {
        return this.session.opened?.votes ?? 1;
    }

    lost(what) {
        this.state.away = what;
    }

    back() {
        this.state.away = null;
    }

    /** Whether everything that the camera needs can be reached now; says what cannot. */
    async reach() {
        try {
            const opened = await this.session.open();
            if (!opened.service) {
                this.lost("none");
                return false;
            }
            this.state.table = await this.client.guidance();
        } catch (error) {
            const service = error instanceof ServiceAway || error instanceof CallRefused;
            this.lost(service ? "service" : "odoo");
            return false;
        }
        this.back();
        return true;
    }

    /** The view of an event, null while it is not known or Odoo is away. */
    async result(event) {
        try {
            const view = await this.session.result(event);
            if (this.state.away === "odoo") {
                this.back();
            }
            return view;
        } catch {
            this.lost("odoo");
            return null;
        }
    }

    correct(event, kind) {
        return this.session.correct(event, kind);
    }

    /** The visit after PIN or badge, null if they were wrong. Throws what Odoo refuses. */
    async confirm({ visit, frames }, shown) {
        const claim = await this.session.claim(shown);
        if (!claim) {
            return null;
        }
        const how = { encounter: visit.encounter, final: true, claim };
        return confirmed(visit, await this.client.identify(frames, how));
    }
}
