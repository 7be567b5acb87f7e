import { Component, onWillStart, onWillUnmount, useEffect, useRef } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";
import { _t } from "@web/core/l10n/translation";
import { colorsOf, drawChart } from "../cockpit/chart";
import { busyHours, clockOf } from "../cockpit/rows";

const HOUR_MIN = 60;

/** How many pass a gate at which hour: today beside such a day as it usually is. */
export class HourChart extends Component {
    static template = "hr_face_attendance.HourChart";
    static props = { hours: Object };

    setup() {
        this.canvas = useRef("canvas");
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            (canvas) => canvas && this.draw(canvas),
            () => [this.canvas.el, JSON.stringify(this.props.hours)],
        );
        onWillUnmount(() => this.chart?.destroy());
    }

    get range() {
        const { today, usual } = this.props.hours;
        return busyHours(today, usual);
    }

    get summary() {
        const { today, usual, now } = this.props.hours;
        const sum = (hours) => Math.round(hours.reduce((all, one) => all + one, 0));
        return usual
            ? _t("%(now)s passed today; usually %(usual)s by the end of this hour.", {
                  now: sum(today),
                  usual: sum(usual.slice(0, now + 1)),
              })
            : _t("%s passed today. Nothing to compare with yet.", sum(today));
    }

    draw(canvas) {
        const { today, usual } = this.props.hours;
        const [first, last] = this.range;
        const part = (hours) => hours.slice(first, last + 1);
        const labels = part(today).map((_, i) => clockOf(first + i, HOUR_MIN));
        const { now, muted } = colorsOf(canvas);
        const datasets = [{ label: _t("Today"), data: part(today), backgroundColor: now }];
        if (usual) {
            datasets.push({
                label: _t("Usually"),
                type: "line",
                data: part(usual),
                borderColor: muted,
                backgroundColor: muted,
                borderDash: [5, 4],
                borderWidth: 2,
                pointRadius: 0,
                cubicInterpolationMode: "monotone",
            });
        }
        this.chart?.destroy();
        this.chart = drawChart(canvas, "bar", labels, datasets);
    }
}
