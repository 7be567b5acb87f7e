/** The kiosk's session with Odoo: mode, gate and the service's token, renewed before it ends. */

import { rpc } from "@web/core/network/rpc";

const BASE = "/hr_face_attendance/kiosk/";
const EARLY_MS = 30000;

export class KioskSession {
    constructor(key, ask = (path, params) => rpc(BASE + path, params, { silent: true })) {
        this.key = key;
        this.rpc = ask;
        this.opened = null;
        this.until = 0;
    }

    /** {mode, gate, votes, service}; rejects while Odoo is away. Throws for a dead key. */
    async open(now = Date.now()) {
        const opened = await this.ask("session");
        this.opened = opened;
        // measured from our own clock: the token lives as long whatever the two clocks say
        this.until = now + 120000 - EARLY_MS;
        return opened;
    }

    /** {token, service}, or null while no service serves the gate. */
    async token({ renew = false, now = Date.now() } = {}) {
        if (renew || now >= this.until) {
            try {
                await this.open(now);
            } catch (error) {
                if (renew || !this.opened) {
                    throw error;
                }
                // Odoo is away; the old token may hold for a few seconds more
            }
        }
        return this.opened.service;
    }

    /** What came of an event, null while Odoo does not know it. */
    async result(event) {
        const view = await this.ask("result", { event });
        return view?.event ? view : null;
    }

    async correct(event, kind) {
        return this.ask("correct", { event, kind });
    }

    /** A token with the person's PIN or badge in it, null if it was wrong. */
    async claim(shown) {
        const granted = await this.ask("claim", shown);
        return granted?.token ? granted : null;
    }

    async ask(path, params = {}) {
        return this.rpc(path, { token: this.key, ...params });
    }
}
