import { Component, onWillStart, onWillUnmount, useEffect, useRef } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { loadBundle } from "@web/core/assets";
import { colorsOf, drawChart } from "./chart";
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
        const { now, muted } = colorsOf(canvas);
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
        const datasets = [
            line(_t("Today"), untilNow(today, minutes, step_min).slice(first, last + 1), now),
        ];
        if (usual) {
            datasets.push(
                line(_t("Usually"), usual.slice(first, last + 1), muted, {
                    borderDash: [5, 4],
                }),
            );
        }
        this.chart?.destroy();
        this.chart = drawChart(canvas, "line", labels, datasets);
    }
}
