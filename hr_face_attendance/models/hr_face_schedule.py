from collections import defaultdict
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

import pytz
from odoo import api, models
from odoo.tools.intervals import Intervals

from ..rules import roster
from ..rules.day import Absence
from ..rules.schedule import Schedule

MARGIN = timedelta(days=2)
"""Looked at on either side: a night shift begins the day before it ends."""
ALWAYS = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


class WorkTime(NamedTuple):
    """What is expected of one person: zone, shifts, and why they may be away."""

    tz: str
    schedule: Schedule
    absences: list[Absence]


class HrFaceSchedule(models.AbstractModel):
    """Odoo's working schedules and our rosters as shifts for the rules.

    Hours are asked once per calendar and without resources (a hundred times faster than
    per employee), so they are in the calendar's zone. That is the zone in which native
    `hr.attendance.date`, worked hours and overtime lines count, also for an employee
    whose own zone is another: lateness and pay then speak of the same hours.

    A day on the roster replaces the calendar and its public holidays, for it was planned
    on purpose; the person's own leave stays leave. Flexible calendars and people without
    a calendar have no shifts: nothing is late, nothing ends. Outside the dates of a
    contract nothing is expected.
    """

    _name = "hr.face.schedule"
    _description = "Shifts for Face Attendance"

    @api.model
    def _schedules(self, employees, start, end, **instead):
        """{employee id: Schedule} for aware UTC `start` to `end`; `instead` as in `_worktimes`."""
        worktimes = self._worktimes(employees, start, end, **instead)
        return {employee: worktime.schedule for employee, worktime in worktimes.items()}

    @api.model
    def _worktimes(self, employees, start, end, calendar=None, rosters=None):
        """{employee id: WorkTime} for aware UTC `start` to `end`.

        A what-if gives another `calendar` for everybody and all the time, or other
        `rosters`: {employee id: {date: shift type, empty for a day off}}.
        """
        start, end = start - MARGIN, end + MARGIN
        employees = employees.sudo()
        if rosters is None:
            rosters = self.env["hr.face.roster"]._days(employees, start.date(), end.date())
        leaves = self._leaves(employees, start, end)
        hours, worktimes = {}, {}
        for employee in employees:
            pieces, absences = [], []
            for own, since, until in _periods(employee, calendar):
                key = own.id, employee.company_id.id
                if key not in hours:
                    holidays = leaves.holidays(*key)
                    hours[key] = self._hours(own, holidays, start, end), holidays
                pieces += _clipped(hours[key][0], since, until)
                holidays = _clipped(hours[key][1], since, until)
                absences += [Absence(a, b, "holiday") for a, b in holidays]
            tz = employee._get_tz()
            labels = []
            if rosters.get(employee.id):
                days = _rostered(rosters[employee.id], tz)
                pieces = roster.override(pieces, days, tz)
                labels = _labels(rosters[employee.id], days)
                absences = _not_on(absences, days)
            away = leaves.own[employee.resource_id.id]
            absences += [Absence(a, b, "leave") for a, b in away]
            pieces = _without(pieces, away) if away else pieces
            worktimes[employee.id] = WorkTime(tz, Schedule(pieces, labels), absences)
        return worktimes

    def _hours(self, calendar, holidays, start, end):
        if not calendar or calendar.flexible_hours:
            return []
        intervals = calendar._attendance_intervals_batch(start, end)[False]
        pieces = [(a.astimezone(UTC), b.astimezone(UTC)) for a, b, _lines in intervals]
        return _without(pieces, holidays) if holidays else pieces

    def _leaves(self, employees, start, end):
        """Who is away when: one search for everybody."""
        found = (
            self.env["resource.calendar.leaves"]
            .sudo()
            .search(
                [
                    ("resource_id", "in", [False, *employees.resource_id.ids]),
                    ("company_id", "in", [False, *employees.company_id.ids]),
                    ("time_type", "=", "leave"),
                    ("date_from", "<=", end.replace(tzinfo=None)),
                    ("date_to", ">=", start.replace(tzinfo=None)),
                ]
            )
        )
        return _Leaves(found)


class _Leaves:
    """Leaves sorted by whom they concern, as aware (start, end).

    Attributes:
        own: {resource id: leaves of that person}.
    """

    def __init__(self, found):
        self.own, self._public = defaultdict(list), defaultdict(list)
        for leave in found:
            period = (leave.date_from.replace(tzinfo=UTC), leave.date_to.replace(tzinfo=UTC))
            if leave.resource_id:
                self.own[leave.resource_id.id].append(period)
            else:
                self._public[leave.calendar_id.id, leave.company_id.id].append(period)

    def holidays(self, calendar, company):
        """Public holidays of a calendar or of all of them, in a company or in all of them."""
        keys = {(one, other) for one in (calendar, False) for other in (company, False)}
        return [period for key in sorted(keys, key=str) for period in self._public.get(key, ())]


def _periods(employee, calendar):
    """(calendar, since, until) per version of the employee, aware; the first one reaches back."""
    if calendar is not None:
        return [(calendar, *ALWAYS)]
    versions = employee.version_ids.sorted("date_version")
    periods = []
    for number, version in enumerate(versions):
        own = version.resource_calendar_id
        tz = own.tz or employee.tz or "UTC"
        since, until = ALWAYS
        if number:
            since = _midnight(version.date_version, tz)
        if number + 1 < len(versions):
            until = _midnight(versions[number + 1].date_version, tz)
        if version.contract_date_start:
            since = max(since, _midnight(version.contract_date_start, tz))
        if version.contract_date_end:
            until = min(until, _midnight(version.contract_date_end + timedelta(days=1), tz))
        if since < until:
            periods.append((own, since, until))
    return periods


def _rostered(days, tz):
    """{date: pieces of its shift, none on a day off}"""
    return {
        date: roster.day_pieces(date, shift._rule(), tz) if shift else []
        for date, shift in days.items()
    }


def _labels(days, pieces):
    """The roster's names, at the moment each shift begins."""
    return [(pieces[date][0][0], shift.name) for date, shift in days.items() if pieces[date]]


def _not_on(holidays, days):
    """The public holidays without the shifts that were planned on them."""
    worked = [piece for pieces in days.values() for piece in pieces]
    left = _without([(one.start, one.end) for one in holidays], worked)
    return [Absence(start, end, "holiday") for start, end in left]


def _clipped(pieces, since, until):
    return [(max(a, since), min(b, until)) for a, b in pieces if a < until and b > since]


def _midnight(date, tz):
    return pytz.timezone(tz).localize(datetime.combine(date, time.min)).astimezone(UTC)


def _without(pieces, away):
    """`pieces` minus `away`, both lists of (start, end)."""
    left = Intervals([(a, b, set()) for a, b in pieces]) - Intervals(
        [(a, b, set()) for a, b in away]
    )
    return [(a, b) for a, b, _ in left]
