from collections import defaultdict
from datetime import UTC, datetime, time, timedelta

import pytz
from odoo import api, models
from odoo.tools.intervals import Intervals

from ..rules.schedule import Schedule

MARGIN = timedelta(days=2)
"""Looked at on either side: a night shift begins the day before it ends."""


class HrFaceSchedule(models.AbstractModel):
    """Odoo's working schedules as shifts for the rules.

    Hours are asked once per calendar and without resources (a hundred times faster than
    per employee); leaves are subtracted from one search. Flexible calendars and people
    without a calendar have no shifts: nothing is late, nothing ends.
    """

    _name = "hr.face.schedule"
    _description = "Shifts for Face Attendance"

    @api.model
    def _schedules(self, employees, start, end):
        """{employee id: Schedule} for aware UTC `start` to `end`."""
        start, end = start - MARGIN, end + MARGIN
        employees = employees.sudo()
        hours, leaves = {}, self._leaves(employees, start, end)
        schedules = {}
        for employee in employees:
            pieces = []
            for calendar, since, until in self._periods(employee):
                if calendar.id not in hours:
                    hours[calendar.id] = self._hours(calendar, start, end)
                pieces += [piece for piece in hours[calendar.id] if since <= piece[0] < until]
            away = leaves[None, employee.company_id.id] + leaves[employee.resource_id.id, None]
            schedules[employee.id] = Schedule(_without(pieces, away) if away else pieces)
        return schedules

    def _periods(self, employee):
        """(calendar, since, until) per version of the employee, aware; the first one reaches back."""
        versions = employee.version_ids.sorted("date_version")
        first = datetime.min.replace(tzinfo=UTC)
        periods = []
        for number, version in enumerate(versions):
            calendar = version.resource_calendar_id
            if not calendar or calendar.flexible_hours:
                continue
            later = versions[number + 1 : number + 2]
            periods.append(
                (
                    calendar,
                    _midnight(version.date_version, calendar.tz) if number else first,
                    _midnight(later.date_version, calendar.tz)
                    if later
                    else datetime.max.replace(tzinfo=UTC),
                )
            )
        return periods

    def _hours(self, calendar, start, end):
        intervals = calendar._attendance_intervals_batch(start, end)[False]
        return [(a.astimezone(UTC), b.astimezone(UTC)) for a, b, _lines in intervals]

    def _leaves(self, employees, start, end):
        """Absences: {(resource id, None) or (None, company id): [(start, end)]}, aware."""
        found = (
            self.env["resource.calendar.leaves"]
            .sudo()
            .search(
                [
                    ("resource_id", "in", [False, *employees.resource_id.ids]),
                    ("company_id", "in", [False, *employees.company_id.ids]),
                    ("date_from", "<=", end.replace(tzinfo=None)),
                    ("date_to", ">=", start.replace(tzinfo=None)),
                ]
            )
        )
        leaves = defaultdict(list)
        for leave in found:
            period = (leave.date_from.replace(tzinfo=UTC), leave.date_to.replace(tzinfo=UTC))
            if leave.resource_id:
                leaves[leave.resource_id.id, None].append(period)
            else:
                companies = leave.company_id or employees.company_id
                for company in companies:
                    leaves[None, company.id].append(period)
        return leaves


def _midnight(date, tz):
    return pytz.timezone(tz).localize(datetime.combine(date, time.min)).astimezone(UTC)


def _without(pieces, away):
    """`pieces` minus `away`, both lists of (start, end)."""
    left = Intervals([(a, b, set()) for a, b in pieces]) - Intervals(
        [(a, b, set()) for a, b in away]
    )
    return [(a, b) for a, b, _ in left]
