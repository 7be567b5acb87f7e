import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import mute_logger
from psycopg2.extras import execute_values

_logger = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=60)
"""After so long people's attendance is derived though their device still catches up."""
POSTPONED = timedelta(minutes=10)
"""Somebody whose derivation fails is tried again after this; the others go on."""
IN_REQUEST = 400
"""Deferred events that a request of a gate derives itself; more are the cron's."""
PER_TRANSACTION = 2000
PARTS = 2
"""Shares of the people, each with a cron job of its own: both of Odoo's cron workers help."""


class HrFaceBacklog(models.Model):
    """People whose events are stored but not derived yet, because a device is catching up.

    Durable: whatever is killed, these rows say what is left to do. Attendance is derived
    once per catch-up, when the device has delivered everything or after a minute.
    """

    _name = "hr.face.backlog"
    _description = "Attendance To Derive"
    _log_access = False
    _rec_name = "employee_id"
    _order = "due_at, id"

    employee_id = fields.Many2one("hr.employee", readonly=True, required=True, ondelete="cascade")
    device_id = fields.Many2one("hr.face.device", readonly=True, ondelete="set null")
    earliest = fields.Datetime(readonly=True, required=True)
    latest = fields.Datetime(readonly=True, required=True)
    events = fields.Integer(readonly=True, required=True)
    due_at = fields.Datetime(string="Due", readonly=True, required=True, index=True)

    _employee_unique = models.UniqueIndex("(employee_id)")

    @api.model
    def _defer(self, device, spans):
        """Derive later. `spans`: {employee id: (earliest, latest, events)}, naive UTC."""
        due = fields.Datetime.now() + PATIENCE
        first = execute_values(
            self.env.cr._obj,
            """
            INSERT INTO hr_face_backlog AS b
                   (employee_id, device_id, earliest, latest, events, due_at)
            VALUES %s
                ON CONFLICT (employee_id) DO UPDATE
               SET device_id = EXCLUDED.device_id, events = b.events + EXCLUDED.events,
                   earliest = least(b.earliest, EXCLUDED.earliest),
                   latest = greatest(b.latest, EXCLUDED.latest)
            RETURNING xmax = 0
            """,
            [(one, device.id, *span, due) for one, span in sorted(spans.items())],
            page_size=1000,
            fetch=True,
        )
        if any(new for (new,) in first):
            self._wake(at=due)

    @api.model
    def _take(self, employee_ids, most=IN_REQUEST):
        """Spans of those people whose deferred events are few enough to derive now.

        They are no longer deferred afterwards. Returns ({employee id: (earliest, latest)},
        ids of those who stay deferred).
        """
        self.env.cr.execute(
            "SELECT employee_id, earliest, latest, events FROM hr_face_backlog"
            " WHERE employee_id = ANY(%s) ORDER BY events, employee_id",
            [list(employee_ids)],
        )
        taken, left, total = {}, set(), 0
        for employee, earliest, latest, events in self.env.cr.fetchall():
            total += events
            if total > most and (taken or events > most):
                left.add(employee)
            else:
                taken[employee] = (earliest, latest)
        self._done(taken)
        return taken, left

    @api.model
    def _due(self, most=PER_TRANSACTION, part=None):
        """Ids of people to derive now, at least one and so many that they have `most` events.

        Args:
            part: number of one of PARTS shares of the people; None: everybody.
        """
        self.env["hr.face.device"].flush_model(["catching_up"])
        self.env.cr.execute(
            """
            SELECT employee_id FROM (
                SELECT b.employee_id, sum(b.events) OVER (ORDER BY b.due_at, b.id) - b.events AS so_far
                  FROM hr_face_backlog b LEFT JOIN hr_face_device d ON d.id = b.device_id
                 WHERE (b.due_at <= %s OR (d.catching_up IS NOT TRUE AND b.due_at < %s))
                   AND (%s::int IS NULL OR b.employee_id %% %s = %s)
            ) b WHERE so_far < %s ORDER BY 1
            """,
            [
                fields.Datetime.now(),
                fields.Datetime.now() + PATIENCE + timedelta(seconds=1),
                *(part, PARTS, part),
                most,
            ],
        )
        return [employee for (employee,) in self.env.cr.fetchall()]

    @api.model
    def _derive(self, employee_ids):
        """Derive these people, whose locks the caller holds."""
        self.env.cr.execute(
            "SELECT employee_id, earliest, latest, events FROM hr_face_backlog"
            " WHERE employee_id = ANY(%s)",
            [list(employee_ids)],
        )
        spans = self.env.cr.fetchall()
        browse = self.env["hr.employee"].browse
        self._done([employee for employee, *_ in spans])
        self.env["hr.face.presence"]._touch([employee for employee, *_ in spans])
        self.env["hr.attendance"]._face_derive(
            {browse(one): earliest for one, earliest, _, _ in spans},
            {browse(one): latest for one, _, latest, _ in spans},
            window=max([64, *(events + 64 for *_, events in spans)]),
        )

    @api.model
    def _done(self, employee_ids):
        if employee_ids:
            self.env.cr.execute(
                "DELETE FROM hr_face_backlog WHERE employee_id = ANY(%s)", [list(employee_ids)]
            )
            self.invalidate_model()

    @api.model
    def _wake(self, at=None):
        for part in range(PARTS):
            self.env.ref(f"hr_face_attendance.cron_catch_up_{part}").sudo()._trigger(at)

    @api.model
    def _cron_catch_up(self, part):
        """Derive what is due of this share, chunk by chunk, each in a transaction of its own."""
        while people := self._due(part=part):
            try:
                self._derive_committed(people)
            except Exception:  # noqa: BLE001 - one person must not hold up the others
                self.env.cr.rollback()
                if len(people) == 1:
                    self._postpone(people)
                else:
                    self._one_by_one(people)

    def _derive_committed(self, people):
        self.env["hr.attendance"]._face_lock(people)
        self._derive(people)
        self.env["ir.cron"]._commit_progress(len(people))

    def _one_by_one(self, people):
        for one in people:
            try:
                with mute_logger("odoo.sql_db"):
                    self._derive_committed([one])
            except Exception:  # noqa: BLE001 - one person must not hold up the others
                self.env.cr.rollback()
                self._postpone([one])

    def _postpone(self, people):
        _logger.exception("The attendance of employee %s could not be derived.", people)
        self.env.cr.execute(
            "UPDATE hr_face_backlog SET due_at = %s WHERE employee_id = ANY(%s)",
            [fields.Datetime.now() + POSTPONED, people],
        )
        self.env["ir.cron"]._commit_progress(0)
