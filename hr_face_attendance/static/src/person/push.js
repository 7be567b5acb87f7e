/**
 * Turns notifications on in this browser. The button carries what is needed, its words included:
 * data-key (the server's public key), data-worker, data-scope, data-url (where the subscription
 * is sent to), data-csrf, and data-denied, data-impossible, data-failed (what is said then).
 */

export function keyBytes(base64url) {
    const padded = base64url.padEnd(Math.ceil(base64url.length / 4) * 4, "=");
    const binary = atob(padded.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

/** The form that the server reads, of a PushSubscription's JSON. */
export function formOf({ endpoint, keys }, csrf) {
    return new URLSearchParams({
        endpoint,
        p256dh: keys.p256dh,
        auth: keys.auth,
        csrf_token: csrf,
    });
}

async function subscribe({ key, worker, scope, url, csrf }) {
    const registration = await navigator.serviceWorker.register(worker, { scope });
    const subscription = await registration.pushManager.subscribe({
        userVisibleOnly: true,
        applicationServerKey: keyBytes(key),
    });
    const answer = await fetch(url, { method: "POST", body: formOf(subscription.toJSON(), csrf) });
    if (!answer.ok) {
        await subscription.unsubscribe();
        throw new Error((await answer.json().catch(() => ({}))).error || "");
    }
}

function start(button, status) {
    if (!("PushManager" in window) || !("serviceWorker" in navigator)) {
        button.disabled = true;
        status.textContent = button.dataset.impossible;
        return;
    }
    button.addEventListener("click", async () => {
        button.disabled = true;
        try {
            if ((await Notification.requestPermission()) !== "granted") {
                status.textContent = button.dataset.denied;
                return;
            }
            await subscribe(button.dataset);
            window.location.reload();
        } catch (error) {
            // Whatever the browser or the server did not like, the person is told in words.
            status.textContent = error.message || button.dataset.failed;
        } finally {
            button.disabled = false;
        }
    });
}

const button = document.getElementById("subscribe");
if (button) {
    start(button, document.getElementById("subscribe_status"));
}
