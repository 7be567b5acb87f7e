// What the screen shows, as a pure function of what it was told.

export const SHOWN_MS = 4000;
export const MARKS = { pass: "✓", wait: "!", refused: "✕" };

export function atFirst() {
    return { gate: "", language: "en", up: true, ready: true, guide: null, answer: null, until: 0, trouble: null };
}

// `message` as in device_bridge/screen/messages.py; `now` in milliseconds.
export function told(state, message, now) {
    switch (message.type) {
        case "welcome":
            return {
                ...state,
                gate: message.gate,
                language: message.language || state.language,
                ready: message.ready,
                trouble: null,
            };
        case "say":
            return said(state, message, now);
        case "guide":
            return { ...state, guide: message.text ? message : null };
        case "link":
            return { ...state, up: message.up };
        case "trouble":
            return { ...state, trouble: message.code };
        default:
            return state;
    }
}

// Odoo's word on somebody replaces what is shown of them, and nothing of anybody else.
function said(state, message, now) {
    const isLater = message.uuid !== null && state.heard === message.uuid;
    if (isLater && state.answer?.uuid !== message.uuid) {
        return state;
    }
    const until = isLater ? Math.max(state.until, now + SHOWN_MS / 2) : now + SHOWN_MS;
    return { ...state, answer: message, heard: message.uuid, until };
}

// The state after time has passed.
export function later(state, now) {
    return state.answer && now >= state.until ? { ...state, answer: null } : state;
}

// The language of our own words: the nearest that we have.
export function languageOf(tag, texts) {
    const primary = tag.replace("_", "-").split("-")[0].toLowerCase();
    return primary in texts ? primary : "en";
}

export const directionOf = (language) => (language === "ar" ? "rtl" : "ltr");
