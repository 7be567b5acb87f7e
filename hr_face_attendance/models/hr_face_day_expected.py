from collections import defaultdict
from datetime import datetime, time, timedelta

from odoo import api, fields, models


class HrFaceDay(models.Model):
    """When rosters or leave change, what has passed is seen in another light."""

    _inherit = "hr.face.day"

    @api.model
    def _expected_anew(self, spans):
        """Derive and judge again the days that have passed or run.

        Reasons, flags and proposals may change, and with them the status of the days. Hours
        come from punches, and what a person or payroll decided stays.

        Args:
            spans: [(employees, first date, last date)].
        """
        horizon = fields.Date.today() + timedelta(days=1)
        days = defaultdict(set)
        for employees, first, last in spans:
            count = (min(last, horizon) - first).days + 1
            for employee in employees.ids:
                days[employee] |= {first + timedelta(days=number) for number in range(count)}
        days = {employee: dates for employee, dates in days.items() if dates}
        self._derive_again(days)
        self._keep(days)

    def _derive_again(self, days):
        """The punches of these days, a day more on either side: zones, and night shifts."""
        around = timedelta(days=1)
        spans = {
            employee: (_midnight(min(dates) - around), _midnight(max(dates) + 2 * around))
            for employee, dates in days.items()
        }
        Attendance = self.env["hr.attendance"].sudo()
        seen = self.env["hr.employee"].sudo().browse(Attendance._face_seen_since(spans))
        if seen:
            self.env["hr.face.presence"].sudo()._touch(seen.ids)
            Attendance._face_derive(
                {employee: spans[employee.id][0] for employee in seen},
                {employee: spans[employee.id][1] for employee in seen},
            )


def _midnight(date):
    return datetime.combine(date, time.min)
