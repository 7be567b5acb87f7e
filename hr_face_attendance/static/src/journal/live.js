import { onWillStart, onWillUnmount, useState } from "@odoo/owl";
import { Gatherer } from "../cockpit/gatherer";
import { useHeard } from "../cockpit/heard";
import { recheckAfter } from "../cockpit/rows";
import { useJournal } from "./page";

const REST_MS = 3000;

/**
 * Reads a page anew whenever some gate has something to say, and once when its silence would be
 * telling: a page that is left open stays true.
 *
 * read      () => promise
 * shown     () => the gates on the page, as last read
 * returns   () to be called after each reading
 */
function useLive(read, shown) {
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

/**
 * The page of one gate or device: read at once, named after it, and true for as long as it is open.
 *
 * page    the component of a client action
 * kind    "gate" or "device": what the journal is asked for
 * shown   (view) => the gates on the page
 * returns {number, state: {view, failed}, journal, read}
 */
export function useLivePage(page, kind, shown) {
    const number = page.props.resId || page.props.action.params?.[`${kind}_id`];
    const state = useState({ view: null, failed: "" });
    const journal = useJournal(state);
    const read = async (options) => {
        await journal.read(kind, [number], {}, options);
        awaitSilence();
    };
    const awaitSilence = useLive(
        () => read({ silent: true }),
        () => (state.view ? shown(state.view) : []),
    );
    onWillStart(async () => {
        await read();
        if (state.view) {
            page.env.config.setDisplayName(state.view.name);
        }
        page.props.updateActionState?.({ resId: number });
    });
    return { number, state, journal, read };
}
