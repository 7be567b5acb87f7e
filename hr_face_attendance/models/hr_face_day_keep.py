from collections import defaultdict
from datetime import UTC, datetime, time, timedelta

from odoo import api, fields, models
from odoo.tools import split_every
from psycopg2.extras import execute_values

from ..rules.day import day_status
from ..rules.local import date_of

BATCH = 1000
SLICE = 7
"""Days that are caught up at a time, if Odoo was off for longer."""
COLUMNS = (
    *("employee_id", "company_id", "date", "status", "late_min", "early_min", "expected_h"),
    *("worked_h", "first_in", "last_out", "flags", "waiting_for"),
)
NEVER = datetime.min.replace(tzinfo=UTC)
KEYS = frozenset({"employee_id", "date"})


class HrFaceDay(models.Model):
    """Keeping the days: read everything once, decide by rules.day, write the difference."""

    _inherit = "hr.face.day"

    @api.model
    def _keep(self, days, worktimes=None):
        """Bring these days up to date.

        Args:
            days: {employee id: dates}, of any time; days to come are left out.
            worktimes: what is expected of these people on these days, if that is known.
        """
        now = fields.Datetime.now().replace(tzinfo=UTC)
        horizon = (now + timedelta(days=1)).date()
        days = {one: {day for day in dates if day <= horizon} for one, dates in days.items()}
        days = {one: dates for one, dates in days.items() if dates}
        for some in split_every(BATCH, sorted(days)):
            self.sudo()._keep_some({one: days[one] for one in some}, now, worktimes)

    def _keep_some(self, days, now, worktimes):
        rows = self._judge(days, now, worktimes=worktimes)
        empty = [
            (employee, date)
            for employee, dates in days.items()
            for date in dates
            if (employee, date) not in rows
        ]
        self._write_rows(list(rows.values()), empty)

    def _judge(self, days, now, stays=None, tolerance_min=None, worktimes=None):
        """{(employee id, date): columns} of the days about which there is something to say.

        A what-if gives other `stays` ({employee id: rows as of `_stays`}) or another tolerance.
        """
        self.env.flush_all()
        employees = self.env["hr.employee"].browse(days)
        if not worktimes:  # else somebody has just derived them
            employees = employees.exists()
        first, last = (pick(map(pick, days.values())) for pick in (min, max))
        start, end = (datetime.combine(day, time.min, UTC) for day in (first, last))
        worktimes = worktimes or self.env["hr.face.schedule"]._worktimes(employees, start, end)
        stays = self._stays(days, first, last) if stays is None else stays
        missing = self._missing(days, first, last)
        delivered = self.env["hr.face.gate"]._delivered(employees.company_id)
        rows = {}
        for employee in employees:
            marks = self.env["hr.face.gate"]._that_matter(delivered, employee)
            tolerance = (
                employee.company_id.face_tolerance_min if tolerance_min is None else tolerance_min
            )
            today = date_of(now, worktimes[employee.id].tz)
            for date in sorted(date for date in days[employee.id] if date <= today):
                row = self._row(
                    employee,
                    date,
                    worktimes[employee.id],
                    stays[employee.id],
                    (employee.id, date) in missing,
                    marks,
                    now,
                    timedelta(minutes=tolerance),
                )
                if row:
                    rows[employee.id, date] = row
        return rows

    def _row(self, employee, date, worktime, stays, missing, marks, now, tolerance):
        """The columns of one day, or None if there is nothing to say about it."""
        rules = employee.company_id._face_rules()
        through = min((mark or NEVER for mark in marks.values()), default=now)
        day = day_status(
            date,
            worktime.tz,
            worktime.schedule,
            [(_aware(stay["check_in"]), _aware(stay["check_out"])) for stay in stays],
            worktime.absences,
            missing,
            through,
            now,
            tolerance,
            rules.early,
            rules.late,
        )
        own = [stay for stay in stays if stay["date"] == date]
        if day.status == "off" and not own:
            return None
        left = [stay["check_out"] for stay in own if not stay["face_missing_out"]]
        ended = _end_of(date, worktime)
        late = [gate.name for gate, mark in marks.items() if (mark or NEVER) < ended <= now]
        return (
            employee.id,
            employee.company_id.id,
            date,
            "present" if day.status == "off" else day.status,
            day.late_min,
            day.early_min,
            round(day.expected_h, 4),
            round(sum(stay["worked_hours"] or 0 for stay in own), 4),
            min((stay["check_in"] for stay in own), default=None),
            max(left) if left and all(left) else None,
            ",".join(sorted({*day.flags, *(flag for stay in own for flag in stay["flags"])}))
            or None,
            ", ".join(late) or None if day.status == "pending" else None,
        )

    def _stays(self, days, first, last):
        """{employee id: attendance rows as dicts} of these days, a day more on either side."""
        self.env.cr.execute(
            """
            SELECT id, employee_id, date, check_in, check_out, worked_hours,
                   coalesce(face_missing_out, false) AS face_missing_out,
                   ARRAY(SELECT e.flag FROM hr_face_event e
                          WHERE e.attendance_id = a.id AND e.flag IS NOT NULL) AS flags
              FROM hr_attendance a
             WHERE employee_id = ANY(%s) AND date BETWEEN %s AND %s
             ORDER BY check_in, id
            """,
            [list(days), first - timedelta(days=1), last + timedelta(days=1)],
        )
        stays = defaultdict(list)
        for row in self.env.cr.dictfetchall():
            stays[row["employee_id"]].append(row)
        return stays

    def _missing(self, days, first, last):
        """{(employee id, date)} that an open proposal about a missing punch speaks of."""
        self.env["hr.face.proposal"].flush_model(["employee_id", "date", "state", "kind"])
        self.env.cr.execute(
            """
            SELECT employee_id, date FROM hr_face_proposal
             WHERE employee_id = ANY(%s) AND date BETWEEN %s AND %s AND state = 'open'
               AND kind IN ('missing_in', 'missing_out')
            """,
            [list(days), first, last],
        )
        return set(self.env.cr.fetchall())

    def _write_rows(self, rows, empty):
        """One statement for what is, one for what is no more; equal rows are not touched."""
        if rows:
            columns = ", ".join(COLUMNS)
            values = [name for name in COLUMNS if name not in KEYS]
            execute_values(
                self.env.cr._obj,
                f"INSERT INTO hr_face_day AS d ({columns}) VALUES %s"  # noqa: S608 - our constants
                " ON CONFLICT (employee_id, date) DO UPDATE SET "
                + ", ".join(f"{name} = EXCLUDED.{name}" for name in values)
                + f" WHERE ({', '.join(f'd.{name}' for name in values)})"
                f" IS DISTINCT FROM ({', '.join(f'EXCLUDED.{name}' for name in values)})",
                rows,
                page_size=BATCH,
            )
        if empty:
            execute_values(
                self.env.cr._obj,
                "DELETE FROM hr_face_day d USING (VALUES %s) AS v(employee_id, date)"
                " WHERE d.employee_id = v.employee_id AND d.date = v.date::date",
                empty,
                page_size=BATCH,
            )
        self.invalidate_model()

    @api.model
    def _cron_keep(self):
        """Today and yesterday of everybody where faces are used, older days still open, and what
        was missed while Odoo was off."""
        today = fields.Date.today()
        companies = self.env["res.company"].sudo()._face_all_in_use()
        if not self._catch_up(companies, today):
            return  # time is up; the next run goes on from there
        employees = self.env["hr.employee"].sudo().search([("company_id", "in", companies.ids)])
        days = {employee.id: {today - timedelta(days=1), today} for employee in employees}
        for day in self.sudo().search([("status", "in", ("pending", "still_in"))]):
            days.setdefault(day.employee_id.id, set()).add(day.date)
        self._keep(days)
        companies.filtered(lambda one: one.face_days_through != today).face_days_through = today

    def _catch_up(self, companies, today):
        """Judge each day from the last run to the day before yesterday; False if time ran out.

        Somebody who was absent meanwhile has told nothing that would lead to that day.
        """
        for through, some in companies.grouped("face_days_through").items():
            first = through or today
            missed = [first + timedelta(days=number) for number in range((today - first).days - 1)]
            employees = self.env["hr.employee"].sudo().search([("company_id", "in", some.ids)])
            for dates in split_every(SLICE, missed):
                self._keep(dict.fromkeys(employees.ids, dates))
                some.face_days_through = dates[-1] + timedelta(days=1)
                if not self.env["ir.cron"]._commit_progress(len(dates)):
                    return False
        return True


def _end_of(date, worktime):
    """When the last shift of that day ends; never, if there is none."""
    ends = [
        shift.end for shift in worktime.schedule.shifts if date_of(shift.start, worktime.tz) == date
    ]
    return max(ends, default=datetime.max.replace(tzinfo=UTC))


def _aware(moment):
    return moment and moment.replace(tzinfo=UTC)
