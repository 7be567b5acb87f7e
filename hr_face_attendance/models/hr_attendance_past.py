from collections import defaultdict

from odoo import api, models
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from ..rules import punch
from .hr_attendance_derive import corrections_of

LOCK_SPACE = 0x6661_6365
"""First half of the advisory locks per employee ("face"); the second is the employee."""


class HrAttendance(models.Model):
    """What the derivation reads, and the locks under which it does."""

    _inherit = "hr.attendance"

    @api.model
    def _face_lock(self, employee_ids):
        """Hold these employees until this transaction ends. Nothing may be written before.

        Odoo's transactions read one snapshot, taken at the first query. A lock obtained
        within a transaction therefore protects nothing: the rows read afterwards are those
        from before the wait. So the locks are taken for the session, then a new transaction
        begins and sees what the previous holder committed. They are released when that one
        ends, however it ends; if the process dies, with its connection.

        In ascending order, so that two batches never wait for each other.
        """
        cr = self.env.cr
        connection = cr.connection
        cr.rollback()
        try:
            cr.execute(
                "SELECT pg_advisory_lock(%s, id) FROM (SELECT unnest(%s::int[]) AS id ORDER BY 1) e",
                [LOCK_SPACE, sorted(employee_ids)],
            )
            cr.rollback()
        except BaseException:
            cr.rollback()
            _release(connection)
            raise
        self.env.invalidate_all()
        cr.postcommit.add(lambda: _release(connection))
        cr.postrollback.add(lambda: _release(connection))

    def _face_last_accepted(self, since):
        """{employee id: the last event before that counted, as a dict}: the state of the fold."""
        self.env.cr.execute(
            """
            SELECT e.* FROM unnest(%s::int[], %s::timestamp[]) AS p(employee, moment)
            CROSS JOIN LATERAL (
                SELECT e.id, e.uuid, e.employee_id, e.captured_at, e.direction, e.attendance_id,
                       e.state, e.reason_code, a.face_fixed
                  FROM hr_face_event e LEFT JOIN hr_attendance a ON a.id = e.attendance_id
                 WHERE e.employee_id = p.employee AND e.captured_at < p.moment
                   AND (e.state = 'derived' OR e.reason_code = %s)
                 ORDER BY e.captured_at DESC, e.uuid DESC LIMIT 1
            ) e
            """,
            [list(since), list(since.values()), punch.NO_CHECK_IN],
        )
        return {row["employee_id"]: row for row in self.env.cr.dictfetchall()}

    def _face_events(self, since, window):
        """{employee id: the first `window` events from then on that may count, as dicts}.

        Not those that rest in a row a person decided, nor those a person discarded.
        """
        self.env.cr.execute(
            """
            SELECT e.* FROM unnest(%s::int[], %s::timestamp[]) AS p(employee, moment)
            CROSS JOIN LATERAL (
                SELECT e.id, e.uuid, e.employee_id, e.captured_at, e.gate_direction,
                       e.direction_hint, e.direction, e.reason_code, e.reason_params, e.state,
                       e.flag, e.attendance_id, e.source, e.device_id, e.gate_id
                  FROM hr_face_event e LEFT JOIN hr_attendance a ON a.id = e.attendance_id
                 WHERE e.employee_id = p.employee AND e.captured_at >= p.moment
                   AND e.outcome = 'identified' AND e.time_review IS NULL
                   AND e.reason_code IS DISTINCT FROM %s AND a.face_fixed IS NOT TRUE
                 ORDER BY e.captured_at, e.uuid LIMIT %s
            ) e
            """,
            [list(since), list(since.values()), punch.REMOVED, window],
        )
        events = defaultdict(list)
        for row in self.env.cr.dictfetchall():
            events[row["employee_id"]].append(row)
        return events

    @api.model
    def _face_seen_since(self, spans):
        """Ids of the employees, of `spans`' keys, with an event at or after its first moment."""
        if not spans:
            return []
        self.env.cr.execute(
            """
            SELECT p.employee FROM unnest(%s::int[], %s::timestamp[]) AS p(employee, moment)
             WHERE EXISTS (SELECT FROM hr_face_event e
                            WHERE e.employee_id = p.employee AND e.captured_at >= p.moment)
             ORDER BY 1
            """,
            [list(spans), [earliest for earliest, _ in spans.values()]],
        )
        return [employee for (employee,) in self.env.cr.fetchall()]

    def _face_corrections(self, employee_ids):
        """{employee id: what was said of their punches, of any time}."""
        self.env.cr.execute(
            "SELECT uuid, employee_id, captured_at, corrects_uuid, correction, direction_hint"
            " FROM hr_face_event WHERE employee_id = ANY(%s) AND corrects_uuid IS NOT NULL",
            [employee_ids],
        )
        return corrections_of(self.env.cr.dictfetchall())

    def _face_rows(self, since, before, ends):
        """{employee id: the attendance rows that the fold may meet, as dicts}.

        Everything that begins before `ends` and ends after the state that the fold starts
        from (or so shortly before it that the refractory period counts from it), and the
        row of that state.
        """
        self.env.cr.execute(
            """
            SELECT a.id, a.employee_id, a.date, a.check_in, a.check_out, a.face_fixed,
                   a.face_missing_out, i.uuid AS in_uuid, o.uuid AS out_uuid
              FROM unnest(%s::int[], %s::timestamp[], %s::int[], %s::timestamp[])
                   AS p(employee, moment, row, until)
              JOIN hr_attendance a ON a.employee_id = p.employee
               AND (p.until IS NULL OR a.check_in <= p.until)
               AND (a.check_out IS NULL OR a.check_out >= p.moment - interval '1 hour'
                    OR a.id = p.row
                    OR a.face_missing_out AND NOT coalesce(a.face_fixed, false)
                       AND a.check_in >= p.moment - interval '3 days')
              LEFT JOIN hr_face_event i ON i.attendance_id = a.id AND i.direction = 'in'
              LEFT JOIN hr_face_event o ON o.attendance_id = a.id AND o.direction = 'out'
             ORDER BY a.check_in, a.id
            """,
            [
                list(since),
                [
                    _seconds(before[employee]["captured_at"] if employee in before else moment)
                    for employee, moment in since.items()
                ],
                [
                    before[employee]["attendance_id"] if employee in before else None
                    for employee in since
                ],
                [ends[employee] for employee in since],
            ],
        )
        rows = defaultdict(list)
        for row in self.env.cr.dictfetchall():
            rows[row["employee_id"]].append(row)
        return rows


def _seconds(moment):
    return moment.replace(microsecond=0)


def _release(connection):
    """Give up this session's advisory locks.

    Called after the transaction has ended; the statement begins another one, which must
    not linger in the pool. (In tests the connection is inside the test's transaction.)
    """
    if connection.closed:
        return
    idle = connection.info.transaction_status == TRANSACTION_STATUS_IDLE
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock_all()")
    if idle:
        connection.rollback()
