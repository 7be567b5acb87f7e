from collections import Counter, defaultdict
from datetime import datetime, timedelta

from odoo import models
from odoo.tools import SQL

from ..rules import arrivals
from ..rules.local import zone_of


class HrFaceCockpit(models.AbstractModel):
    """Who is in, and how the day fills up: out of hr.face.day, by its record rules."""

    _inherit = "hr.face.cockpit"

    def _inside(self):
        """How many are in, by department and by the site where they were seen last."""
        if not self._reads_events():
            return {}
        today = self._now().date()
        Day = self.env["hr.face.day"]
        seen = [*self._in_companies(), ("date", "=", today)]
        statuses = dict(Day._read_group(seen, ["status"], ["__count"]))
        domain = [
            *self._in_companies(),
            ("status", "=", "still_in"),
            ("date", ">=", today - timedelta(days=1)),  # a night shift began yesterday
        ]
        people = self._people(Day._search(domain))
        return {
            "count": len(people),
            "departments": _counted(self.env["hr.department"], [one for one, _ in people]),
            "sites": _counted(self.env["hr.work.location"], [one for _, one in people]),
            "expected": statuses.get("pending", 0),
            "absent": statuses.get("absent", 0),
            "leave": statuses.get("leave", 0),
        }

    def _people(self, days):
        """[(department id, site id)], one for each person of these days."""
        self.env["hr.version"].flush_model(["department_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (d.employee_id) v.department_id,
                       coalesce(g.work_location_id, v.work_location_id)
                  FROM hr_face_day d
                  JOIN hr_employee e ON e.id = d.employee_id
             LEFT JOIN hr_version v ON v.id = e.current_version_id
             LEFT JOIN hr_face_presence p ON p.employee_id = d.employee_id
             LEFT JOIN hr_face_gate g ON g.id = p.gate_id
                 WHERE d.id IN %s
                """,
                days.subselect(),
            )
        )
        return [(department, site) for department, site in rows]

    def _curve(self, usual):
        """Arrivals of today, and those of the same weekday; each read by the viewer's rights."""
        if not self._reads_events():
            return {}
        today = self._now().date()
        back = range(1, arrivals.WEEKS + 1) if usual else ()
        days = self._arrivals([today, *(today - timedelta(weeks=week) for week in back)])
        now = self._now()
        curve = {
            "step_min": arrivals.STEP_MIN,
            "minutes": 60 * now.hour + now.minute,
            "today": arrivals.curve(days.pop(today, {})),
        }
        if usual:
            curve |= {
                "usual": arrivals.usual(days),
                "days": sum(any(d.values()) for d in days.values()),
            }
        return curve

    def _now(self):
        """The time on the viewer's wall."""
        return datetime.now(zone_of(self._tz()))

    def _arrivals(self, dates):
        """{date: {step: people}} by local time of the viewer."""
        domain = [*self._in_companies(), ("date", "in", dates), ("first_in", "!=", False)]
        query = self.env["hr.face.day"]._search(domain)
        local = SQL("d.first_in AT TIME ZONE 'UTC' AT TIME ZONE %s", self._tz())
        rows = self.env.execute_query(
            SQL(
                """
                SELECT d.date, floor(extract(epoch FROM (%s)::time) / %s)::int, count(*)
                  FROM hr_face_day d WHERE d.id IN %s GROUP BY 1, 2
                """,
                local,
                60 * arrivals.STEP_MIN,
                query.subselect(),
            )
        )
        days = defaultdict(dict)
        for date, step, people in rows:
            days[date][step] = people
        return days


def _counted(records, ids):
    """[{id, name, count}], the fullest first; those of none last."""
    counts = Counter(ids)
    nobodys = counts.pop(None, 0)
    names = records.sudo().browse(counts)
    rows = [{"id": one.id, "name": one.display_name, "count": counts[one.id]} for one in names]
    rows.sort(key=lambda row: (-row["count"], row["name"]))
    return rows + ([{"id": False, "name": False, "count": nobodys}] if nobodys else [])
