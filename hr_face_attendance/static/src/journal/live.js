import { onWillUnmount } from "@odoo/owl";
import { Gatherer } from "../cockpit/gatherer";
import { useHeard } from "../cockpit/heard";
import { recheckAfter } from "../cockpit/rows";

const REST_MS = 3000;

/**
 * Reads a page anew whenever some gate has something to say, and once when its silence would be
 * telling: a page that is left open stays true.
 *
 * read      () => promise
 * shown     () => the gates on the page, as last read
 * returns   () to be called after each reading
 */
export function useLive(read, shown) {
    const again = new Gatherer(read, REST_MS);
    const ask = () => again.ask();
    let timer;
    useHeard({ onEvents: ask, onGates: ask, onBack: ask });
    onWillUnmount(() => {
        again.stop();
        clearTimeout(timer);
    });
    return () => {
        clearTimeout(timer);
        const seconds = recheckAfter(shown());
        if (seconds) {
            timer = setTimeout(ask, seconds * 1000);
        }
    };
}
