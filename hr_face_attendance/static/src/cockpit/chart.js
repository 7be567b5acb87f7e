/** Odoo's own Chart.js in the colours of our pages, and from right to left where people read so. */

/** The page's colours, which differ by light and dark; see cockpit.scss. */
export function colorsOf(canvas) {
    const style = getComputedStyle(canvas);
    const [now, muted, grid] = ["today", "muted", "grid"].map((name) =>
        style.getPropertyValue(`--o-face-${name}`).trim(),
    );
    return { now, muted, grid };
}

/** A chart of numbers of people over the hours of a day; the one before is to be destroyed. */
export function drawChart(canvas, type, labels, datasets) {
    const { muted, grid } = colorsOf(canvas);
    const rtl = document.documentElement.dir === "rtl";
    const axis = {
        grid: { color: grid },
        ticks: { color: muted, maxTicksLimit: 8 },
    };
    return new window.Chart(canvas, {
        type,
        data: { labels, datasets },
        options: {
            animation: false,
            maintainAspectRatio: false,
            interaction: { mode: "index", intersect: false },
            plugins: {
                legend: { rtl, labels: { color: muted, boxWidth: 12, boxHeight: 2 } },
                tooltip: { rtl },
            },
            scales: {
                x: { ...axis, reverse: rtl, ticks: { ...axis.ticks, maxRotation: 0 } },
                y: {
                    ...axis,
                    position: rtl ? "right" : "left",
                    beginAtZero: true,
                    ticks: { ...axis.ticks, precision: 0, maxTicksLimit: 5 },
                },
            },
        },
    });
}
