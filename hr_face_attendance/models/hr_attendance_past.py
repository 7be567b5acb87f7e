from collections import defaultdict

from odoo import api, models
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from ..rules import punch

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
                       a.face_fixed
                  FROM hr_face_event e LEFT JOIN hr_attendance a ON a.id = e.attendance_id
                 WHERE e.employee_id = p.employee AND e.captured_at < p.moment
                   AND (e.state = 'derived' OR e.reason_code = %s)
                 ORDER BY e.captured_at DESC, e.uuid DESC LIMIT 1
            ) e
            """,
            [list(since), list(since.values()), punch.NO_CHECK_IN],
        )
        return {row["employee_id"]: row for row in self.env.cr.dictfetchall()}

    def _face_events(self, since):
        """{employee id: the events from then on that may count, as dicts}.

        Not those that rest in a row a person decided, nor those a person discarded.
        """
        self.env.cr.execute(
            """
            SELECT e.id, e.uuid, e.employee_id, e.captured_at, e.gate_direction, e.direction_hint,
                   e.direction, e.reason_code, e.reason_params, e.state, e.attendance_id
              FROM unnest(%s::int[], %s::timestamp[]) AS p(employee, moment)
              JOIN hr_face_event e ON e.employee_id = p.employee AND e.captured_at >= p.moment
              LEFT JOIN hr_attendance a ON a.id = e.attendance_id
             WHERE e.outcome = 'identified' AND e.time_review IS NULL
               AND e.reason_code IS DISTINCT FROM %s AND a.face_fixed IS NOT TRUE
            """,
            [list(since), list(since.values()), punch.REMOVED],
        )
        events = defaultdict(list)
        for row in self.env.cr.dictfetchall():
            events[row["employee_id"]].append(row)
        return events

    def _face_rows(self, since, before):
        """{employee id: the attendance rows that the fold may meet, as dicts}.

        Everything that ends after the state it starts from, and the row of that state.
        """
        self.env.cr.execute(
            """
            SELECT a.id, a.employee_id, a.check_in, a.check_out, a.out_mode, a.face_fixed,
                   a.face_missing_out, i.uuid AS in_uuid, o.uuid AS out_uuid
              FROM unnest(%s::int[], %s::timestamp[], %s::int[]) AS p(employee, moment, row)
              JOIN hr_attendance a ON a.employee_id = p.employee
               AND (a.check_out IS NULL OR a.check_out >= p.moment OR a.id = p.row
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
