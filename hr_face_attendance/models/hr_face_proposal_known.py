from collections import defaultdict
from datetime import UTC, timedelta

from odoo import models

from ..rules import plan as planning
from ..rules import proposal as asking

HISTORY = timedelta(days=56)
"""Eight weeks: a habit, not a biography."""


class HrFaceProposal(models.Model):
    """What is known around a question: sightings, rows and habits, each in one query."""

    _inherit = "hr.face.proposal"

    def _sightings(self, asked, start, end):
        """{employee id: [Sighting]} of everything at a known time."""
        self.env.cr.execute(
            """
            SELECT e.employee_id, e.captured_at, g.name, e.outcome,
                   CASE e.gate_direction WHEN 'auto' THEN coalesce(e.direction_hint, 'auto')
                        ELSE e.gate_direction END
              FROM hr_face_event e LEFT JOIN hr_face_gate g ON g.id = e.gate_id
             WHERE e.employee_id = ANY(%s) AND e.captured_at BETWEEN %s AND %s
               AND e.time_review IS NULL
             ORDER BY e.captured_at, e.uuid
            """,
            [list(asked), start, end],
        )
        found = defaultdict(list)
        for employee, at, gate, outcome, direction in self.env.cr.fetchall():
            found[employee].append(asking.Sighting(_aware(at), gate, outcome, direction or "auto"))
        return found

    def _rows(self, asked, start, end):
        """{employee id: [Row]} as stored after the plans."""
        self.env.cr.execute(
            """
            SELECT a.employee_id, a.id, a.check_in, a.check_out, coalesce(a.face_fixed, false),
                   coalesce(a.face_missing_out, false), i.uuid, o.uuid
              FROM hr_attendance a
              LEFT JOIN hr_face_event i ON i.attendance_id = a.id AND i.direction = 'in'
              LEFT JOIN hr_face_event o ON o.attendance_id = a.id AND o.direction = 'out'
             WHERE a.employee_id = ANY(%s) AND a.check_in <= %s
               AND (a.check_out IS NULL OR a.check_out >= %s)
             ORDER BY a.check_in, a.id
            """,
            [list(asked), end, start],
        )
        found = defaultdict(list)
        for employee, key, check_in, check_out, *rest in self.env.cr.fetchall():
            row = planning.Row(key, _aware(check_in), check_out and _aware(check_out), *rest)
            found[employee].append(row)
        return found

    def _habits(self, zones, before):
        """{employee id: Habit}: medians of the local times of the weeks before."""
        self.env.cr.execute(
            """
            SELECT employee, percentile_disc(0.5) WITHIN GROUP (ORDER BY came),
                   percentile_disc(0.5) WITHIN GROUP (ORDER BY gone), count(*)
              FROM (SELECT z.employee, a.date,
                           min(a.check_in AT TIME ZONE 'UTC' AT TIME ZONE z.tz)::time AS came,
                           max(a.check_out AT TIME ZONE 'UTC' AT TIME ZONE z.tz)::time AS gone
                      FROM unnest(%s::int[], %s::text[]) AS z(employee, tz)
                      JOIN hr_attendance a ON a.employee_id = z.employee
                     WHERE a.check_in BETWEEN %s AND %s AND a.check_out IS NOT NULL
                       AND a.face_missing_out IS NOT TRUE
                     GROUP BY z.employee, a.date) d
             GROUP BY employee
            """,
            [list(zones), list(zones.values()), before - HISTORY, before],
        )
        return {
            employee: asking.Habit(came, gone, days)
            for employee, came, gone, days in self.env.cr.fetchall()
        }


def _aware(moment):
    return moment.replace(tzinfo=UTC)
