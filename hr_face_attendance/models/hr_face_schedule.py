from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
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


class _Version(NamedTuple):
    """A version of an employee: in force since a date, under a contract from and to a date."""

    since: date
    calendar: object
    begins: date | None
    ends: date | None


_FLUSHED = (
    *("employee_id", "date_version", "resource_calendar_id", "active"),
    *("contract_date_start", "contract_date_end"),
)


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
        versions = self._versions(employees) if calendar is None else defaultdict(list)
        hours, worktimes = {}, {}
        for employee in employees:
            pieces, absences = [], []
            for own, since, until in _periods(employee, versions[employee.id], calendar):
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

    def _versions(self, employees):
        """{employee id: [_Version]}, oldest first; just what is needed of many columns."""
        self.env["hr.version"].flush_model(_FLUSHED)
        self.env.cr.execute(
            """
            SELECT employee_id, date_version, resource_calendar_id, contract_date_start,
                   contract_date_end
              FROM hr_version WHERE employee_id = ANY(%s) AND active
             ORDER BY date_version, id
            """,
            [employees.ids],
        )
        versions = defaultdict(list)
        browse = employees.env["resource.calendar"].browse
        for employee, since, calendar, begins, ends in self.env.cr.fetchall():
            versions[employee].append(_Version(since, browse(calendar), begins, ends))
        return versions

    def _hours(self, calendar, holidays, start, end):
        if not calendar or calendar.flexible_hours:
            return []
        intervals = calendar._attendance_intervals_batch(start, end)[False]
        pieces = [(a.astimezone(UTC), b.astimezone(UTC)) for a, b, _lines in intervals]
        return _without(pieces, holidays) if holidays else pieces

    def _leaves(self, employees, start, end):
        """Who is away when: one search for everybody."""
        self.env["resource.calendar.leaves"].flush_model()
        self.env.cr.execute(
            """
            SELECT resource_id, calendar_id, company_id, date_from, date_to
              FROM resource_calendar_leaves
             WHERE (resource_id IS NULL OR resource_id = ANY(%s))
               AND (company_id IS NULL OR company_id = ANY(%s))
               AND time_type = 'leave' AND date_from <= %s AND date_to >= %s
             ORDER BY date_from, id
            """,
            [
                employees.resource_id.ids,
                employees.company_id.ids,
                end.replace(tzinfo=None),
                start.replace(tzinfo=None),
            ],
        )
        found = self.env.cr.fetchall()
        return _Leaves(found)


class _Leaves:
    """Leaves sorted by whom they concern, as aware (start, end).

    Attributes:
        own: {resource id: leaves of that person}.
    """

    def __init__(self, found):
        self.own, self._public = defaultdict(list), defaultdict(list)
        for resource, calendar, company, first, last in found:
            period = (first.replace(tzinfo=UTC), last.replace(tzinfo=UTC))
            if resource:
                self.own[resource].append(period)
            else:
                self._public[calendar or False, company or False].append(period)

    def holidays(self, calendar, company):
        """Public holidays of a calendar or of all of them, in a company or in all of them."""
        keys = {(one, other) for one in (calendar, False) for other in (company, False)}
        return [period for key in sorted(keys, key=str) for period in self._public.get(key, ())]


def _periods(employee, versions, calendar):
    """(calendar, since, until) per version of the employee, aware; the first one reaches back."""
    if calendar is not None:
        return [(calendar, *ALWAYS)]
    periods = []
    for number, version in enumerate(versions):
        own = version.calendar
        tz = own.tz or employee.tz or "UTC"
        since, until = ALWAYS
        if number:
            since = _midnight(version.since, tz)
        if number + 1 < len(versions):
            until = _midnight(versions[number + 1].since, tz)
        if version.begins:
            since = max(since, _midnight(version.begins, tz))
        if version.ends:
            until = min(until, _midnight(version.ends + timedelta(days=1), tz))
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
