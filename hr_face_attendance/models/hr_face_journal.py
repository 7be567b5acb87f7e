from collections import Counter, defaultdict
from datetime import datetime

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..rules import presence, session
from ..rules.local import day_of, zone_of

MAX_DATES = 366
PAGE = 80
FILTERS = {
    "here": [("status", "in", sorted({*presence.HERE} - {presence.LATE}))],
    "late": [("late_min", ">", 0)],
    "absent": [("status", "=", presence.ABSENT)],
    "away": [("status", "in", (presence.LEAVE, presence.HOLIDAY))],
    "still_in": [("status", "=", presence.STILL_IN)],
    "missing_punch": [("status", "=", presence.MISSING_PUNCH)],
    "pending": [("status", "=", presence.PENDING)],
}
"""What the day's tiles count, as domains on hr.face.day; "late" is part of "here"."""


class HrFaceJournal(models.AbstractModel):
    """From dates to a day to a session, for the pages that show them.

    Everything is read by the rights of whoever looks: an officer's numbers are those of own
    people. Nothing is written, and no number of queries grows with people or days.
    """

    _name = "hr.face.journal"
    _description = "Attendance Journal"

    @api.model
    @api.readonly
    def dates(self, first, last):
        """What each date from `first` to `last` (ISO) came to, the newest first."""
        first, last = self._period(first, last)
        Day = self.env["hr.face.day"]
        domain = self._of_companies() & Domain([("date", ">=", first), ("date", "<=", last)])
        counts = defaultdict(Counter)
        for date, status, number in Day._read_group(domain, ["date:day", "status"], ["__count"]):
            counts[date][status] += number
        late = dict(Day._read_group(domain & Domain(FILTERS["late"]), ["date:day"], ["__count"]))
        sessions = Counter(self._local_dates(first, last))
        today = datetime.now(zone_of(self._tz())).date()
        rows = [
            {
                "date": fields.Date.to_string(date),
                **self._tally(counts[date], late.get(date, 0)),
                "sessions": sessions[date],
            }
            for date in sorted({*counts, *sessions}, reverse=True)
        ]
        return {"rows": rows, "today": fields.Date.to_string(today)}

    @api.model
    @api.readonly
    def day(self, date, state=None, search="", department=None, offset=0):
        """A day: how many were what, its sessions, and a page of its people."""
        self._check_may_read()
        date = fields.Date.to_date(date)
        Day = self.env["hr.face.day"]
        whole = self._of_companies() & Domain("date", "=", date)
        counts = Counter(dict(Day._read_group(whole, ["status"], ["__count"])))
        late = Day.search_count(whole & Domain(FILTERS["late"]))
        shown = whole
        if state in FILTERS:
            shown &= Domain(FILTERS[state])
        if search:
            shown &= Domain("employee_id.name", "ilike", str(search)[:100])
        if department:
            shown &= Domain("employee_id.department_id", "child_of", int(department))
        rows = Day.search(shown, order="employee_id, id", offset=max(0, int(offset)), limit=PAGE)
        return {
            "date": fields.Date.to_string(date),
            "today": fields.Date.to_string(datetime.now(zone_of(self._tz())).date()),
            "counts": self._tally(counts, late),
            "sessions": self._session_rows(self._sessions_on(date)),
            "people": self._day_rows(rows),
            "total": Day.search_count(shown),
            "limit": PAGE,
            "departments": self._departments(whole),
        }

    @api.model
    @api.readonly
    def session(self, session_id):
        """A session, and everybody expected there whom this user may see."""
        self._check_may_read()
        one = self.env["calendar.event"].search(
            [
                ("id", "=", int(session_id)),
                ("face_session", "=", True),
                ("face_company_id", "in", self.env.companies.ids),
            ]
        )
        if not one:
            raise UserError(self.env._("This session is gone, or no attendance is taken at it."))
        attended = one._face_attended()[one.id]
        people = self.env["hr.face.registration"].browse(attended).sorted("name")
        people.fetch(["name", "department_id", "job_title"])
        tz = zone_of(self._tz())
        rows = [
            {
                **self._person(who),
                "state": attended[who.id].state,
                "came_at": _naive_text(attended[who.id].came_at),
                "late_min": attended[who.id].late_min,
                "by_roll_call": attended[who.id].by_roll_call,
            }
            for who in people
        ]
        [head] = self._session_rows(one, {one.id: attended})
        local = fields.Datetime.to_datetime(one.start).replace(tzinfo=zone_of("UTC"))
        return head | {
            "date": fields.Date.to_string(local.astimezone(tz).date()),
            "called_at": self._text(one.face_called_at),
            "grace_min": one.face_grace_min,
            "people": rows,
        }

    # Parts

    def _check_may_read(self):
        self.env["hr.face.registration"].check_access("read")

    def _period(self, first, last):
        self._check_may_read()
        first, last = fields.Date.to_date(first), fields.Date.to_date(last)
        if not first or not last or not 0 <= (last - first).days < MAX_DATES:
            raise UserError(self.env._("A period is at least a day and at most a year."))
        return first, last

    def _of_companies(self):
        """Days of people whom the user may see in lists; their own day is on their own page."""
        people = self.env["hr.face.registration"].with_context(active_test=False)
        mine = people._search([("company_id", "in", self.env.companies.ids)])
        return Domain("company_id", "in", self.env.companies.ids) & Domain(
            "employee_id", "in", mine
        )

    def _tz(self):
        return self.env.user.tz or self.env.company.partner_id.tz or "UTC"

    def _tally(self, counts, late):
        """The numbers of the tiles, from {status: days}."""
        sums = {
            name: sum(counts[status] for status in domain[0][2])
            if domain[0][1] == "in"
            else counts[domain[0][2]]
            for name, domain in FILTERS.items()
            if domain[0][0] == "status"
        }
        here = sums["here"]
        return sums | {"late": late, "rate": presence.rate(here, sums["absent"])}

    def _sessions_on(self, date):
        bounds = [moment.replace(tzinfo=None) for moment in day_of(date, self._tz())]
        return self.env["calendar.event"]._face_sessions(*bounds)

    def _local_dates(self, first, last):
        """The local date of each session of these dates."""
        start, end = (
            moment.replace(tzinfo=None)
            for moment in (day_of(first, self._tz())[0], day_of(last, self._tz())[1])
        )
        query = self.env["calendar.event"]._search(
            [
                ("face_session", "=", True),
                ("face_company_id", "in", self.env.companies.ids),
                ("start", ">=", start),
                ("start", "<", end),
            ]
        )
        local = SQL("(calendar_event.start AT TIME ZONE 'UTC' AT TIME ZONE %s)::date", self._tz())
        return [date for (date,) in self.env.execute_query(query.select(local))]

    def _session_rows(self, sessions, attended=None):
        """Sessions with how many were there of how many expected."""
        attended = sessions._face_attended() if attended is None else attended
        rows = []
        for one in sessions:
            counts = Counter(person.state for person in attended[one.id].values())
            rows.append(
                {
                    "id": one.id,
                    "name": one.display_name,
                    "start": self._text(one.start),
                    "stop": self._text(one.stop),
                    "place": one.location or ", ".join(one.face_gate_ids.mapped("name")) or False,
                    "called": bool(one.face_called_at),
                    "expected": len(attended[one.id]),
                    "present": counts[session.PRESENT] + counts[session.LATE],
                    "counts": {state: counts[state] for state in session.STATES},
                }
            )
        return rows

    def _day_rows(self, days):
        people = self.env["hr.face.registration"].browse(days.employee_id.ids)
        people.fetch(["name", "department_id", "job_title"])
        by_employee = {who.id: who for who in people}
        return [
            {
                "day": day.id,
                **self._person(by_employee[day.employee_id.id]),
                "state": presence.of_day(day.status, day.late_min).state,
                "late_min": day.late_min,
                "first_in": self._text(day.first_in),
                "last_out": self._text(day.last_out),
                "worked_h": day.worked_h,
                "expected_h": day.expected_h,
                "remarks": day.remarks,
            }
            for day in days
        ]

    def _person(self, who):
        return {
            "id": who.id,
            "name": who.name,
            "department": who.department_id.sudo().name or False,
            "job": who.job_title or False,
        }

    def _departments(self, domain):
        """[(id, name)] of the departments somebody of that day is in."""
        query = self.env["hr.face.day"]._search(domain)
        self.env["hr.version"].flush_model(["department_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT v.department_id FROM hr_face_day d
                  JOIN hr_employee e ON e.id = d.employee_id
                  JOIN hr_version v ON v.id = e.current_version_id
                 WHERE d.id IN %s AND v.department_id IS NOT NULL
                """,
                query.subselect(),
            )
        )
        found = self.env["hr.department"].sudo().browse([one for (one,) in rows])
        return [{"id": one.id, "name": one.display_name} for one in found.sorted("complete_name")]

    def _text(self, moment):
        return moment and fields.Datetime.to_string(moment)


def _naive_text(moment):
    return fields.Datetime.to_string(moment.replace(tzinfo=None)) if moment else False
