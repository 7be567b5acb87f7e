/* Shows notifications of one's own page, also while it is closed. Keeps nothing. */

globalThis.addEventListener("push", (event) => {
    const told = event.data?.json() ?? {};
    event.waitUntil(
        globalThis.registration.showNotification(told.title || "", {
            body: told.body || "",
            tag: told.tag,
            lang: told.lang,
            dir: told.dir,
            icon: "/hr_face_attendance/static/description/icon.png",
            data: { url: told.url },
        }),
    );
});

globalThis.addEventListener("notificationclick", (event) => {
    event.notification.close();
    const url = new URL(
        event.notification.data?.url || "/hr_face_attendance/me",
        globalThis.location.origin,
    );
    // only ever a page of this server
    if (url.origin === globalThis.location.origin) {
        event.waitUntil(globalThis.clients.openWindow(url.href));
    }
});
