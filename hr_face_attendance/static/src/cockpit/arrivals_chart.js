import { Component, onWillStart, onWillUnmount, useEffect, useRef } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { loadBundle } from "@web/core/assets";
import { busyRange, clockOf, untilNow } from "./rows";

/** How many have come by when: today beside such a day as it usually is. */
export class ArrivalsChart extends Component {
    static template = "hr_face_attendance.ArrivalsChart";
    static props = { curve: Object };

    setup() {
        this.canvas = useRef("canvas");
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            (canvas) => canvas && this.draw(canvas),
            () => [this.canvas.el, JSON.stringify(this.props.curve)],
        );
        onWillUnmount(() => this.chart?.destroy());
    }

    get range() {
        const { today, usual } = this.props.curve;
        return busyRange(today, usual);
    }

    get summary() {
        const { today, usual, days, minutes, step_min } = this.props.curve;
        const step = Math.floor(minutes / step_min);
        return usual
            ? _t("%(now)s came so far; usually %(usual)s by now (%(days)s such days).", {
                  now: today.at(-1),
                  usual: Math.round(usual[step]),
                  days,
              })
            : _t("%s came so far. Nothing to compare with yet.", today.at(-1));
    }

    draw(canvas) {
        const { today, usual, step_min, minutes } = this.props.curve;
        const [first, last] = this.range;
        const labels = today.slice(first, last + 1).map((_, i) => clockOf(first + i + 1, step_min));
        const style = getComputedStyle(canvas);
        const color = (name) => style.getPropertyValue(name).trim();
        const line = (label, data, stroke, more) => ({
            label,
            data,
            borderColor: stroke,
            backgroundColor: stroke,
            pointRadius: 0,
            borderWidth: 2,
            stepped: true,
            ...more,
        });
        const muted = color("--o-face-muted");
        const datasets = [
            line(
                _t("Today"),
                untilNow(today, minutes, step_min).slice(first, last + 1),
                color("--o-face-today"),
            ),
        ];
        if (usual) {
            datasets.push(
                line(_t("Usually"), usual.slice(first, last + 1), muted, { borderDash: [5, 4] }),
            );
        }
        this.chart?.destroy();
        const rtl = document.documentElement.dir === "rtl";
        const axis = {
            grid: { color: color("--o-face-grid") },
            ticks: { color: muted, maxTicksLimit: 8 },
        };
        this.chart = new window.Chart(canvas, {
            type: "line",
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
}
