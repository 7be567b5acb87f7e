from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta

import pytz
from dateutil.relativedelta import relativedelta
from odoo import api, fields, models

from ..rules import correction, punch
from ..rules import plan as planning
from .res_company_rules import RULES

WINDOW = 64
"""Events of a person that are looked at first; eight times more when they do not suffice."""
EMPLOYEE_FACTS = (
    *("name", "company_id", "current_version_id", "resource_id", "active"),
    *("last_attendance_id", "last_check_in", "last_check_out"),
)
VERSION_FACTS = (
    *("employee_id", "company_id", "active", "date_version", "resource_calendar_id"),
    *("contract_date_start", "contract_date_end", "work_location_id", "ruleset_id"),
)
COMPANY_FACTS = (
    *RULES,
    *("face_event_months", "face_payroll_lock_date", "face_tolerance_min"),
    *("resource_calendar_id", "attendance_overtime_validation", "absence_management"),
)
"""What the derivation asks of people and companies, of more than a hundred columns each."""
_EVER = datetime.min  # noqa: DTZ901 - naive UTC, as Odoo keeps times
_NOWHERE = datetime.max  # noqa: DTZ901
"""End of a window in which there is no moment to stop at."""


@dataclass(frozen=True)
class Derived:
    """What a derivation did for one employee, for those who build on it.

    Attributes:
        plan: rules.plan.Plan, as applied.
        events: the stored events it was made from, as dicts, oldest first.
        rows: rules.plan.Row, as stored before.
        created: {in uuid: attendance id} of the rows made.
        worktime: of hr.face.schedule, a few days more on either side; settings: what the
            rules were given.
        days: local dates on which a row or a verdict changed.
    """

    employee: object
    plan: planning.Plan
    events: list
    rows: list
    worktime: object
    settings: punch.Settings
    created: dict = field(default_factory=dict)
    days: frozenset = frozenset()

    @property
    def schedule(self):
        return self.worktime.schedule


class HrAttendance(models.Model):
    """Attendance as a function of events, schedule and what people decided.

    The decisions are in rules.punch and rules.plan. Here the past is read, the fold is run
    from the last accepted punch before the change to the first moment at which it comes to
    what is stored, and the difference is written.
    """

    _inherit = "hr.attendance"

    @api.model
    def _face_derive(self, earliest, latest=None, *, now=None, window=WINDOW):
        """Derive anew, per employee from a captured time on.

        Args:
            earliest: {employee: naive UTC datetime of the first event that changed}. The
                caller holds `_face_lock` on all of them, or has called `_touch` of
                hr.face.presence in this transaction.
            latest: {employee: naive UTC datetime of the last change}; after it the
                derivation stops as soon as it comes to the stored state. Without it,
                everything is derived to the end.
            now: aware UTC; closes stays that nobody will end any more.
        """
        plans = self._face_plans(earliest, latest or {}, now, window)
        if plans:
            self._face_carry_out(plans)

    @api.model
    def _face_carry_out(self, plans):
        """Write what {employee id: Derived} say, and tell those who build on it.

        Returns the rows that are new or other than before.
        """
        created = self._face_as_derivation()._face_apply({one: d.plan for one, d in plans.items()})
        changed = self.env["hr.face.event"].sudo()._keep_verdicts(plans, created)
        self._face_after_derive(
            {
                one: replace(done, created=created, days=_days(done, changed[one]))
                for one, done in plans.items()
            }
        )
        updated = (row for done in plans.values() for row in done.plan.updates)
        return self.browse([*updated, *created.values()])

    @api.model
    def _face_after_derive(self, derived):
        """Hook, called once per derivation when rows and verdicts are written.

        Args:
            derived: {employee id: Derived}.
        """

    @api.model
    def _face_plans(self, earliest, latest, now=None, window=WINDOW):
        """{employee id: Derived} of what would be done, without doing it."""
        since = {employee.id: moment for employee, moment in earliest.items()}
        until = {employee.id: moment for employee, moment in latest.items()}
        employees = self.env["hr.employee"].sudo().browse(since)
        employees.fetch(EMPLOYEE_FACTS)
        employees.current_version_id.fetch(VERSION_FACTS)
        employees.company_id.fetch(COMPANY_FACTS)
        for employee in employees:  # together, so that they are read together
            since[employee.id] = max(since[employee.id], self._face_floor(employee.company_id))
        plans = {}
        if employees:
            self.env.flush_all()
            befores = self._face_last_accepted(since)
            corrections = self._face_corrections(list(since))
        while employees:
            some = {employee.id: since[employee.id] for employee in employees}
            events = self._face_events(some, window)
            ends = {one: _end_of(events[one], window, until.get(one)) for one in some}
            done = self._face_plan_some(employees, some, befores, events, ends, corrections, now)
            further = [one for one in done if not _may_stop(done[one], befores.get(one), ends[one])]
            plans |= {one: plan for one, plan in done.items() if one not in further}
            employees, window = self.env["hr.employee"].sudo().browse(further), window * 8
        return plans

    def _face_plan_some(self, employees, since, befores, events, ends, corrections, now):
        rows = self._face_rows(since, befores, ends)
        events = {one: _through(events[one], ends[one]) for one in since}
        worktimes = self._face_worktimes(employees, since, events, now)
        done = {}
        for employee in employees:
            one = employee.id
            settings = self._face_settings(employee)
            stored = [_row(row, employee) for row in rows[one]]
            before = befores.get(one)
            plan = planning.make_plan(
                before and _before(before, employee),
                [_punch(event) for event in events[one]],
                stored,
                worktimes[one].schedule,
                settings,
                corrections=corrections[one],
                now=now if ends[one] is None else None,
            )
            done[one] = Derived(employee, plan, events[one], stored, worktimes[one], settings)
        return done

    @api.model
    def _face_floor(self, company):
        """Derivation never reaches behind the retention horizon: there, events are redacted."""
        if not company.face_event_months:
            return _EVER
        return fields.Datetime.now() - relativedelta(months=company.face_event_months)

    @api.model
    def _face_settings(self, employee):
        company = employee.company_id
        locked = company.face_payroll_lock_date
        through = locked and _midnight(locked + timedelta(days=1), employee._get_tz())
        return replace(
            company._face_rules(),
            locked_through=through - timedelta(microseconds=1) if through else None,
        )

    def _face_worktimes(self, employees, since, events, now):
        """What is expected over everything that is derived, the open stay before it included."""
        first = [rows[0]["captured_at"] for rows in events.values() if rows]
        start = min([*first, *(moment for moment in since.values() if moment > _EVER)])
        last = [rows[-1]["captured_at"] for rows in events.values() if rows]
        end = max([*last, start, *([now.replace(tzinfo=None)] if now else [])])
        start -= timedelta(days=2)
        return self.env["hr.face.schedule"]._worktimes(employees, _aware(start), _aware(end))


def _end_of(events, window, latest):
    """Until when to derive, as naive UTC; None: to the end.

    The last check-out of the window after the last change: there nobody is in, so no
    row reaches further.
    """
    if len(events) < window:
        return None
    if latest is None:
        return _NOWHERE
    outs = [
        event["captured_at"]
        for event in events
        if event["direction"] == "out" and event["captured_at"] > latest
    ]
    return outs[-1] if outs else _NOWHERE


def _through(events, end):
    return events if end is None else [one for one in events if one["captured_at"] <= end]


def _may_stop(derived, before, end):
    """Whether the fold has come to what is stored, or to the end."""
    if end is None:
        return True
    if end == _NOWHERE:
        return False
    last = next((one for one in reversed(derived.events) if counts(one)), before)
    return planning.same_state(last and _before(last, derived.employee), derived.plan.state)


def counts(event):
    """Whether a stored event is one that the state of the fold follows from."""
    return event["state"] == "derived" or event["reason_code"] == punch.NO_CHECK_IN


def _days(derived, changed):
    """Local dates of changed rows, before and after, and of the events in `changed`."""
    plan, rows = derived.plan, {row.id: row for row in derived.rows}
    moments = [rows[row].check_in for row in (*plan.deletes, *plan.updates) if row in rows]
    moments += [new.check_in for new in (*plan.updates.values(), *plan.creates.values())]
    moments += [_aware(event["captured_at"]) for event in changed]
    tz = pytz.timezone(derived.employee._get_tz())
    return frozenset(moment.astimezone(tz).date() for moment in moments)


def _punch(event):
    direction = event["gate_direction"]
    if direction == "auto":
        direction = event["direction_hint"] or direction
    asserted = event["source"] == "correction" and event["device_id"] is None
    return punch.Punch(event["uuid"], _aware(event["captured_at"]), direction, asserted)


def _before(event, employee):
    fixed = event.get("face_fixed") or not event["attendance_id"]
    return planning.Before(
        event["uuid"], _aware(event["captured_at"]), event["direction"], row_fixed=bool(fixed)
    )


def _row(row, employee):
    lock = employee.company_id.face_payroll_lock_date
    return planning.Row(
        row["id"],
        _aware(row["check_in"]),
        row["check_out"] and _aware(row["check_out"]),
        fixed=bool(row["face_fixed"]),
        missing_out=bool(row["face_missing_out"]),
        in_uuid=row["in_uuid"],
        out_uuid=row["out_uuid"],
        locked=bool(lock and row["date"] <= lock),
    )


def corrections_of(rows):
    """{employee id: [rules.correction.Correction]} of stored correcting events."""
    found = defaultdict(list)
    for row in rows:
        found[row["employee_id"]].append(
            correction.Correction(
                row["uuid"],
                _aware(row["captured_at"]),
                row["corrects_uuid"],
                row["correction"],
                row["direction_hint"] if row["correction"] == correction.DIRECTION else None,
            )
        )
    return found


def _midnight(date, tz):
    return pytz.timezone(tz).localize(datetime.combine(date, time.min)).astimezone(UTC)


def _aware(moment):
    return moment.replace(tzinfo=UTC)
