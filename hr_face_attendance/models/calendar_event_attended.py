from collections import defaultdict
from datetime import UTC, timedelta

from odoo import fields, models

from ..rules import session
from ..rules.local import day_of
from ..rules.punch import VOIDED


class CalendarEvent(models.Model):
    """Who was at a session: everything is read once for all sessions, decided by rules.session."""

    _inherit = "calendar.event"

    def _face_attended(self):
        """{session id: {employee id: rules.session.Attended}} of everybody expected.

        By record rules: of people whose days the user may not read nothing is said. Query count
        is the same for one session and for many, for ten people and for a thousand.
        """
        sessions = self.sudo().filtered("face_session")
        expected, declined = self._face_expected(sessions)
        everybody = set().union(*expected.values()) if expected else set()
        readable = set(self.env["hr.employee"].browse(everybody)._face_readable().ids)
        people = self.env["hr.employee"].sudo().browse(sorted(everybody & readable))
        seen, confirmed = self._face_seen(sessions, people)
        listed = self._face_listed(sessions)
        stays, away = self._face_stays(sessions, people), self._face_away(sessions, people)
        now = fields.Datetime.now().replace(tzinfo=UTC)
        return {
            one.id: {
                employee: session.attended(
                    one._face_rule(employee, listed[one.id]),
                    now,
                    seen.get((one.id, employee), ()),
                    stays[employee],
                    (one.id, employee) in confirmed,
                    (one.id, employee) in declined or one._face_is_away(away[employee]),
                )
                for employee in expected[one.id]
                if employee in readable
            }
            for one in sessions
        }

    def _face_listed(self, sessions):
        """{session id: employees on the lists of its confirmed roll calls}: each reviewer's list
        holds their own people, and says nothing of the others."""
        listed = defaultdict(set)
        lines = self.env["hr.face.roll.call.line"].sudo()
        confirmed = [
            ("call_id.session_id", "in", sessions.ids),
            ("call_id.state", "=", "confirmed"),
        ]
        for line in lines.search_fetch(confirmed, ["call_id", "employee_id"]):
            listed[line.call_id.session_id.id].add(line.employee_id.id)
        return listed

    def _face_rule(self, employee, listed):
        """Once what gates and roll calls told is erased, all that is left is who was at work."""
        company = self.face_company_id
        is_told = not company.face_event_months or self.start >= company._face_kept_since()
        return session.Session(
            self.start.replace(tzinfo=UTC),
            self.stop.replace(tzinfo=UTC),
            at_gate=is_told and bool(self.face_gate_ids),
            called=is_told and bool(self.face_called_at) and (employee in listed or not listed),
            grace=timedelta(minutes=self.face_grace_min),
        )

    def _face_expected(self, sessions):
        """({session id: employee ids}, {(session id, employee id)} who declined).

        A department's people are those of the session's day by their contracts' versions: whoever
        has moved since was still expected. As core has it, the first version also counts before.
        """
        for model, names in (
            ("calendar.attendee", ["event_id", "partner_id", "state"]),
            ("calendar.event", ["face_employee_ids", "face_department_ids", "face_company_id"]),
            ("calendar.event", ["start"]),
            ("res.company", ["partner_id"]),
            ("res.partner", ["tz"]),
            ("hr.employee", ["work_contact_id", "company_id", "active"]),
            ("hr.version", ["department_id", "employee_id", "date_version", "active"]),
            ("hr.department", ["parent_path"]),
        ):
            self.env[model].flush_model(names)
        self.env.cr.execute(
            """
            WITH held AS (
                SELECT c.id, (c.start AT TIME ZONE 'UTC' AT TIME ZONE coalesce(p.tz, 'UTC'))::date
                             AS day
                  FROM calendar_event c
                  JOIN res_company k ON k.id = c.face_company_id
                  JOIN res_partner p ON p.id = k.partner_id
                 WHERE c.id = ANY(%(ids)s)
            ), expected AS (
                SELECT a.event_id AS session, e.id AS employee, a.state = 'declined' AS declined
                  FROM calendar_attendee a JOIN hr_employee e ON e.work_contact_id = a.partner_id
                 WHERE a.event_id = ANY(%(ids)s)
                 UNION ALL
                SELECT calendar_event_id, hr_employee_id, false FROM hr_face_session_employee
                 WHERE calendar_event_id = ANY(%(ids)s)
                 UNION ALL
                SELECT s.calendar_event_id, v.employee_id, false
                  FROM hr_face_session_department s
                  JOIN held ON held.id = s.calendar_event_id
                  JOIN hr_department top ON top.id = s.hr_department_id
                  JOIN hr_department d ON d.parent_path LIKE top.parent_path || '%%'
                  JOIN hr_version v ON v.department_id = d.id AND v.active
                 WHERE v.id = (SELECT w.id FROM hr_version w
                                WHERE w.employee_id = v.employee_id AND w.active
                                ORDER BY w.date_version > held.day, abs(w.date_version - held.day)
                                LIMIT 1)
            )
            SELECT x.session, x.employee, bool_or(x.declined)
              FROM expected x
              JOIN hr_employee e ON e.id = x.employee AND e.active
              JOIN calendar_event c ON c.id = x.session AND c.face_company_id = e.company_id
             GROUP BY x.session, x.employee
            """,
            {"ids": sessions.ids},
        )
        expected, declined = {one: [] for one in sessions.ids}, set()
        for one, employee, is_declined in self.env.cr.fetchall():
            expected[one].append(employee)
            if is_declined:
                declined.add((one, employee))
        return expected, declined

    def _face_seen(self, sessions, people):
        """({(session id, employee id): moments at its gates}, {(…)} whom a roll call found: its
        own, or one of no session in particular)."""
        self.env["hr.face.event"].flush_model()
        self.env["hr.face.roll.call"].flush_model(["uuid", "company_id", "session_id"])
        self.env.cr.execute(
            """
            SELECT c.id, v.employee_id, v.captured_at, v.source = 'roll_call'
              FROM calendar_event c
              JOIN hr_face_event v
                ON v.captured_at >= c.start - %(early)s AND v.captured_at < c.stop
               AND v.employee_id = ANY(%(people)s) AND v.company_id = c.face_company_id
              LEFT JOIN hr_face_session_gate g
                ON g.calendar_event_id = c.id AND g.hr_face_gate_id = v.gate_id
              LEFT JOIN hr_face_roll_call r
                ON v.source = 'roll_call' AND r.company_id = v.company_id
               AND r.uuid = v.evidence ->> 'roll_call'
             WHERE c.id = ANY(%(ids)s) AND v.outcome = 'identified' AND v.time_review IS NULL
               AND v.reason_code IS DISTINCT FROM %(voided)s
               AND CASE WHEN v.source = 'roll_call'
                        THEN r.id IS NULL OR r.session_id IS NULL OR r.session_id = c.id
                        ELSE g.hr_face_gate_id IS NOT NULL END
            """,
            {"early": session.EARLY, "people": people.ids, "ids": sessions.ids, "voided": VOIDED},
        )
        seen, confirmed = defaultdict(list), set()
        for one, employee, at, by_roll_call in self.env.cr.fetchall():
            if by_roll_call:
                confirmed.add((one, employee))
            else:
                seen[one, employee].append(at.replace(tzinfo=UTC))
        return seen, confirmed

    def _face_stays(self, sessions, people):
        """{employee id: [(check in, check out)]} around these sessions.

        Who forgot to check out was there until nobody knows when: it counts as not having left
        that day. That says something of presence only; hours stay as they are.
        """
        stays = defaultdict(list)
        if not sessions or not people:
            return stays
        self.env["hr.attendance"].flush_model()
        self.env.cr.execute(
            """
            SELECT employee_id, check_in, check_out, CASE WHEN face_missing_out THEN date END
              FROM hr_attendance
             WHERE employee_id = ANY(%s) AND check_in < %s
               AND (check_out IS NULL OR check_out > %s OR face_missing_out AND date >= %s)
             ORDER BY check_in
            """,
            [
                people.ids,
                max(sessions.mapped("stop")),
                min(sessions.mapped("start")),
                min(sessions.mapped("start")).date() - timedelta(days=1),
            ],
        )
        rows = self.env.cr.fetchall()
        zones = {one.id: one._get_tz() for one in people}
        for employee, start, out, forgot in rows:
            # the date is the person's own, and so is the end of their day
            end = day_of(forgot, zones[employee])[1] if forgot else out and out.replace(tzinfo=UTC)
            stays[employee].append((start.replace(tzinfo=UTC), end))
        return stays

    def _face_away(self, sessions, people):
        """{employee id: [(start, end)]} of their leave."""
        if not sessions:
            return defaultdict(list)
        start = min(sessions.mapped("start")).replace(tzinfo=UTC)
        end = max(sessions.mapped("stop")).replace(tzinfo=UTC)
        leaves = self.env["hr.face.schedule"]._leaves(people, start, end)
        return {one.id: leaves.own[one.resource_id.id] for one in people}

    def _face_is_away(self, leaves):
        start, stop = self.start.replace(tzinfo=UTC), self.stop.replace(tzinfo=UTC)
        return any(since < stop and until > start for since, until in leaves)
