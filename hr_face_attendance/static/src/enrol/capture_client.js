/**
 * Hands pictures of an enrolment to the recognition service, one at a time.
 *
 * Tokens live for two minutes, so they are asked for when needed. A picture keeps its UUID
 * through every try: the service makes one capture of it, however often it is sent.
 */

const EARLY_MS = 15000;
const TRIES = 3;

/** Refused for good: `code` is the service's, or "offline" or "no_service". */
export class CaptureRefused extends Error {
    constructor(code) {
        super(code);
        this.code = code;
    }
}

export class CaptureClient {
    /**
     * @param getToken () => Promise of {token, service, expires_at}, or of null or
     *     {service: null} while there is no service
     * @param fetch, now, wait for tests
     */
    constructor(
        getToken,
        {
            fetch = (...args) => window.fetch(...args),
            now = () => Date.now(),
            wait = (ms) => new Promise((done) => setTimeout(done, ms)),
        } = {},
    ) {
        Object.assign(this, { getToken, fetch, now, wait });
        this.grant = null;
    }

    /** What a good picture is (`GET /v1/guidance`); null if the service cannot be asked now. */
    async table() {
        try {
            const response = await this.call("/v1/guidance", {});
            return response.ok ? await response.json() : null;
        } catch (error) {
            if (error instanceof CaptureRefused && error.code === "no_service") {
                throw error;
            }
            return null;
        }
    }

    /**
     * @param blob JPEG, PNG or WebP
     * @param uuid of this picture
     * @returns what became of it (`POST /v1/capture`)
     */
    async send(blob, uuid) {
        let code = "offline";
        for (let attempt = 0; attempt < TRIES; attempt++) {
            try {
                const response = await this.call(`/v1/capture?capture=${uuid}`, {
                    method: "POST",
                    body: blob,
                    headers: { "Content-Type": blob.type || "image/jpeg" },
                });
                const body = await response.json();
                if (response.ok) {
                    return body;
                }
                code = body.error.code;
                if (response.status === 401) {
                    this.grant = null;
                } else if (response.status !== 503) {
                    break;
                }
            } catch (error) {
                if (error instanceof CaptureRefused) {
                    throw error;
                }
                code = "offline";
            }
            await this.wait(400 * 2 ** attempt);
        }
        throw new CaptureRefused(code);
    }

    async call(path, options) {
        const { token, service } = await this.fresh();
        const headers = { ...options.headers, Authorization: `Bearer ${token}` };
        return this.fetch(service + path, { ...options, headers, credentials: "omit" });
    }

    async fresh() {
        if (!this.grant || this.grant.untilMs - EARLY_MS < this.now()) {
            const granted = await this.getToken();
            if (!granted?.service) {
                throw new CaptureRefused("no_service");
            }
            this.grant = { ...granted, untilMs: Date.parse(granted.expires_at) };
        }
        return this.grant;
    }
}
