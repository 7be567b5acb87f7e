/** The recognition service as the page calls it; failures as one of three types. */

const TIMEOUT_MS = 6000;
const LONG_TIMEOUT_MS = 30000;

/** The service cannot be reached, or has no time: try again later. */
export class ServiceAway extends Error {}

/** The token no longer holds: get a new one. */
export class TokenRefused extends Error {}

/** The service understood and refused; trying again as it was will not help. */
export class CallRefused extends Error {
    constructor(code) {
        super(code);
        this.code = code;
    }
}

export class RecognitionClient {
    /** @param token () => promise of {token, service} or null; `renew` asks for a fresh one */
    constructor(token, fetch = window.fetch.bind(window)) {
        this.token = token;
        this.fetch = fetch;
    }

    /** What a good picture is: see FaceCamera's `table`. */
    async guidance() {
        return this.call("GET", "/v1/guidance");
    }

    /** What to ask of the person: {challenge, steps, deadline_s}. */
    async challenge(encounter) {
        return this.call("POST", `/v1/challenge?encounter=${encounter}`);
    }

    /**
     * Who is on these frames ([{blob, atMs}], oldest first).
     *
     * @param after the encounter told just before: whoever has stayed since is not written again
     * @param claim a token of Odoo's that says whose PIN or badge was shown, instead of ours
     */
    async identify(frames, { encounter, final, after, challenge, claim }) {
        const form = new FormData();
        frames.forEach(({ blob }, i) => form.append("frame", blob, `${i}.jpg`));
        form.append("encounter", encounter);
        form.append("final", String(Boolean(final)));
        if (after) {
            form.append("after", after);
        }
        if (challenge) {
            form.append("challenge", challenge);
            form.append("at_ms", frames.map(({ atMs }) => Math.round(atMs)).join(","));
        }
        const timeout = challenge ? LONG_TIMEOUT_MS : TIMEOUT_MS;
        return this.call("POST", "/v1/identify", form, timeout, claim);
    }

    async call(method, path, body, timeout = TIMEOUT_MS, granted = null) {
        try {
            return await this.ask(method, path, body, timeout, granted ?? (await this.token()));
        } catch (error) {
            if (!(error instanceof TokenRefused) || granted) {
                throw error;
            }
            return this.ask(method, path, body, timeout, await this.token({ renew: true }));
        }
    }

    async ask(method, path, body, timeout, granted) {
        if (!granted) {
            throw new ServiceAway("no service");
        }
        let answer, content;
        try {
            answer = await this.fetch(granted.service + path, {
                method,
                body,
                headers: { Authorization: `Bearer ${granted.token}` },
                signal: AbortSignal.timeout(timeout),
            });
            content = await answer.json();
        } catch (error) {
            throw new ServiceAway(error.message);
        }
        if (answer.ok) {
            return content;
        }
        const code = content?.error?.code ?? "";
        if (answer.status === 401) {
            throw new TokenRefused(code);
        }
        if (answer.status >= 500 || answer.status === 408) {
            throw new ServiceAway(code);
        }
        throw new CallRefused(code);
    }
}
