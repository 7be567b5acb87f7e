from collections import defaultdict
from datetime import UTC, datetime, timedelta

from odoo import fields, models
from odoo.tools import SQL

from ..rules import presence
from ..rules.local import date_of, zone_of


class HrEmployee(models.Model):
    """What days came to, for pages and sheets: read from hr.face.day, by its record rules."""

    _inherit = "hr.employee"

    def _face_days(self, start, end):
        """{employee id: {date: rules.presence.Presence}}, for every date from `start` to `end`.

        Both dates count. People whose days the user may not read are left out, so that nobody
        looks absent who is only hidden. Query count and memory per day are the same for one
        person and for a thousand; a day off is one shared object.
        """
        employees = self._face_readable()
        zones = {one.id: one._get_tz() for one in employees.sudo()}
        kept = self._face_kept_days(employees, start, end)
        now = fields.Datetime.now().replace(tzinfo=UTC)
        todays = {tz: date_of(now, tz) for tz in set(zones.values())}
        dates = [start + timedelta(days=number) for number in range((end - start).days + 1)]
        free = {today: _without_a_row(dates, today) for today in set(todays.values())}
        return {
            one.id: free[todays[zones[one.id]]] | _said(kept[one.id], zones[one.id])
            for one in employees
        }

    def action_face_open_person(self):
        self.ensure_one()
        return {
            "type": "ir.actions.client",
            "tag": "hr_face_attendance.person",
            "name": self.name,
            "params": {"employee_id": self.id},
        }

    def _face_readable(self):
        """Those of `self` whose days the user may read."""
        return self.env["hr.face.registration"].search([("id", "in", self.ids)]).employee_id

    def _face_kept_days(self, employees, start, end):
        """{employee id: [row]} of what is kept of these days."""
        query = self.env["hr.face.day"]._search(
            [("employee_id", "in", employees.ids), ("date", ">=", start), ("date", "<=", end)],
        )
        names = ("date", "status", "late_min", "early_min", "worked_h", "expected_h")
        columns = ("employee_id", *names, "first_in", "last_out")
        rows = self.env.execute_query(
            query.select(*(SQL.identifier("hr_face_day", name) for name in columns))
        )
        kept = defaultdict(list)
        for employee, *row in rows:
            kept[employee].append(row)
        return kept


def _without_a_row(dates, today):
    """{date: Presence} of somebody of whom nothing is kept."""
    off, ahead = presence.Presence(presence.OFF), presence.Presence(presence.AHEAD)
    return {date: ahead if date > today else off for date in dates}


def _said(rows, tz):
    """{date: Presence} of these rows."""
    zone = zone_of(tz)
    return {
        date: presence.of_day(
            status, late, early, worked, expected, _local(first, zone), _local(last, zone)
        )
        for date, status, late, early, worked, expected, first, last in rows
    }


def _local(moment: datetime | None, zone):
    return moment and moment.replace(tzinfo=UTC).astimezone(zone)
