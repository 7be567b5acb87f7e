const DAY_MIN = 24 * 60;

/** "08:30" for minute 510. */
export function clock(minute) {
    const pad = (number) => String(number).padStart(2, "0");
    return `${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`;
}

/** Windows in minutes as {start, size} in percent of the day. */
export function pieces(windows) {
    return windows.map(([from, to]) => ({
        start: (100 * from) / DAY_MIN,
        size: (100 * (to - from)) / DAY_MIN,
    }));
}
