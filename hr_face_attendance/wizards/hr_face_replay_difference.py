from datetime import UTC

import pytz
from odoo import fields, models
from odoo.tools import format_time

from ..models.hr_attendance_replay import WHAT_IF

STATUS, LATE, EARLY = 3, 4, 5
"""Columns of hr.face.day's rows."""


class HrFaceReplayLine(models.TransientModel):
    """One day of one person on which the replay comes to something else."""

    _name = "hr.face.replay.line"
    _description = "Difference of a Replay"
    _order = "date, employee_id, id"

    replay_id = fields.Many2one("hr.face.replay", required=True, ondelete="cascade", index=True)
    employee_id = fields.Many2one("hr.employee", required=True, ondelete="cascade")
    date = fields.Date(required=True)
    before = fields.Char(string="Now")
    after = fields.Char(string="Then")
    before_h = fields.Float(string="Hours Now")
    after_h = fields.Float(string="Hours Then")
    difference_h = fields.Float(string="Difference")
    status_before = fields.Char(string="Status Now")
    status_after = fields.Char(string="Status Then")


class HrFaceReplay(models.TransientModel):
    """The difference in rows, hours and status, as lines."""

    _inherit = "hr.face.replay"

    def _differences(self, plans):
        """Values of the lines for {employee id: Derived}."""
        changes = self.env["hr.attendance"].sudo()._face_changes(plans)
        rows = {
            (employee.id, change.date): change
            for employee, found in changes.items()
            for change in found
        }
        judged = self._judged(plans)
        people = {done.employee.id: done.employee for done in plans.values()}
        return [
            self._line(people[key[0]], key[1], rows.get(key), judged.get(key))
            for key in sorted(rows.keys() | judged.keys())
        ]

    def _line(self, employee, date, change, judged):
        values = {"replay_id": self.id, "employee_id": employee.id, "date": date}
        if change:
            before, after = (
                self._hours(employee, stays) for stays in (change.before, change.after)
            )
            values |= {
                "before": self._words(employee, change.before),
                "after": self._words(employee, change.after),
                "before_h": before,
                "after_h": after,
                "difference_h": round(after - before, 4),
            }
        if judged:
            values |= dict(zip(("status_before", "status_after"), judged, strict=True))
        return values

    def _judged(self, plans):
        """{(employee id, date): (status now, status then)} in words, where they differ."""
        Day = self.env["hr.face.day"].sudo()
        now = fields.Datetime.now().replace(tzinfo=UTC)
        dates = {date for date in self._dates() if date <= now.date()}
        days = dict.fromkeys(plans, dates)
        if not (dates and days):
            return {}
        stays = Day._stays(days, min(dates), max(dates))
        supposed = Day.with_context(**{WHAT_IF: self._what_if(self._people())})
        present = Day._judge(days, now, stays)
        other = supposed._judge(days, now, self._stays_then(plans, stays), self.face_tolerance_min)
        found = {}
        for key in present.keys() | other.keys():
            before, after = (self._status(rows.get(key)) for rows in (present, other))
            if before != after:
                found[key] = before, after
        return found

    def _stays_then(self, plans, stays):
        """The stays of hr.face.day as they would be."""
        then = {}
        for employee, done in plans.items():
            gone = {*done.plan.deletes, *done.plan.updates}
            kept = [stay for stay in stays[employee] if stay["id"] not in gone]
            new = [*done.plan.updates.values(), *done.plan.creates.values()]
            kept += [self._stay(done.employee, values) for values in new]
            then[employee] = sorted(kept, key=lambda stay: stay["check_in"])
        return then

    def _stay(self, employee, values):
        row = self._row(employee, (values.check_in, values.check_out))
        return {
            "id": None,
            "date": row.date,
            "check_in": row.check_in,
            "check_out": row.check_out or None,
            "worked_hours": row.worked_hours,
            "face_missing_out": values.missing_out,
            "flags": [],
        }

    def _row(self, employee, stay):
        """An attendance that is not written, for native hours and dates."""
        came, left = (moment and moment.astimezone(UTC).replace(tzinfo=None) for moment in stay)
        return (
            self.env["hr.attendance"]
            .sudo()
            .new({"employee_id": employee.id, "check_in": came, "check_out": left or False})
        )

    def _hours(self, employee, stays):
        return round(sum(self._row(employee, stay).worked_hours for stay in stays), 4)

    def _words(self, employee, stays):
        tz = pytz.timezone(employee._get_tz())

        def clock(moment):
            local = moment and moment.astimezone(tz).time()
            return format_time(self.env, local, time_format="HH:mm") if local else "…"

        return ", ".join(f"{clock(came)}–{clock(left)}" for came, left in stays)

    def _status(self, row):
        if not row:
            return False
        statuses = dict(self.env["hr.face.day"]._fields["status"]._description_selection(self.env))
        said = [statuses[row[STATUS]]]
        if row[LATE]:
            said.append(self.env._("%s min late", row[LATE]))
        if row[EARLY]:
            said.append(self.env._("left %s min early", row[EARLY]))
        return ", ".join(said)
