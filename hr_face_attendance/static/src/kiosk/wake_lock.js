/** Keeps a kiosk's screen on while its page is shown; where a browser cannot, nothing happens. */
export function keepAwake(document = window.document, wakeLock = navigator.wakeLock) {
    let lock = null;
    const take = async () => {
        if (wakeLock && document.visibilityState === "visible") {
            // refused on a low battery: the screen then goes dark as the device is set to
            lock = await wakeLock.request("screen").catch(() => null);
        }
    };
    document.addEventListener("visibilitychange", take);
    take();
    return () => {
        document.removeEventListener("visibilitychange", take);
        lock?.release();
    };
}
