/**
 * Keeps the shell of a kiosk (page, scripts, styles, face finder) so that it opens while the server
 * is away. Nothing else is kept: no answer, no picture, no name.
 */
const SHELL = "face-kiosk-shell-1";
const HASHED = "/web/assets/"; // the address changes with the content
const FILES = /^\/((web|hr_attendance|hr_face_attendance)\/static|web\/webclient\/translations)\b/;

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => {
    const forget = async () => {
        const names = await caches.keys();
        const old = names.filter((name) => name.startsWith("face-kiosk-") && name !== SHELL);
        await Promise.all(old.map((name) => caches.delete(name)));
        await self.clients.claim();
    };
    event.waitUntil(forget());
});

self.addEventListener("fetch", (event) => {
    const { request } = event;
    const url = new URL(request.url);
    if (request.method !== "GET" || url.origin !== self.location.origin) {
        return;
    }
    if (request.mode === "navigate") {
        event.respondWith(fresh(request));
    } else if (url.pathname.startsWith(HASHED)) {
        event.respondWith(kept(request));
    } else if (FILES.test(url.pathname)) {
        event.respondWith(fresh(request));
    }
});

/** The page or file as the server has it now, or as it was last. */
async function fresh(request) {
    const shell = await caches.open(SHELL);
    try {
        const answer = await fetch(request);
        if (answer.ok) {
            await shell.put(request, answer.clone());
        }
        return answer;
    } catch (error) {
        const known = await shell.match(request);
        if (known) {
            return known;
        }
        throw error;
    }
}

/** The one that we have, if we have it. */
async function kept(request) {
    const shell = await caches.open(SHELL);
    const known = await shell.match(request);
    if (known) {
        return known;
    }
    const answer = await fetch(request);
    if (answer.ok) {
        await shell.put(request, answer.clone());
    }
    return answer;
}
