from odoo import api, fields, models


class HrFacePresence(models.Model):
    """Where a person was seen last, known at once, also while attendance is still derived.

    The row is also the person's turn: every transaction that derives writes it, so of two
    that overlap the second fails to serialize, and Odoo runs it again on what is true then.
    """

    _name = "hr.face.presence"
    _description = "Last Seen"
    _log_access = False
    _rec_name = "employee_id"
    _order = "seen_at desc, id desc"

    employee_id = fields.Many2one("hr.employee", readonly=True, required=True, ondelete="cascade")
    seen_at = fields.Datetime(string="Last Seen", readonly=True, index=True)
    gate_id = fields.Many2one("hr.face.gate", readonly=True, ondelete="set null")
    direction = fields.Selection([("in", "In"), ("out", "Out")], readonly=True)
    turn = fields.Integer(readonly=True, required=True, default=0, aggregator=None)

    _employee_unique = models.UniqueIndex("(employee_id)")

    @api.model
    def _touch(self, employee_ids):
        """Take these people's turn."""
        self.env.cr.execute(
            """
            INSERT INTO hr_face_presence (employee_id, turn)
            SELECT id, 0 FROM unnest(%s::int[]) AS p(id) ORDER BY id
                ON CONFLICT (employee_id) DO UPDATE SET turn = hr_face_presence.turn + 1
            """,
            [sorted(employee_ids)],
        )
        self.invalidate_model()

    @api.model
    def _see(self, event_ids):
        """Keep the newest sighting of everybody in these events. Takes their turn."""
        self.env.cr.execute(
            """
            INSERT INTO hr_face_presence AS p (employee_id, seen_at, gate_id, direction, turn)
            SELECT DISTINCT ON (employee_id) employee_id, date_trunc('second', captured_at),
                   gate_id, coalesce(direction, nullif(gate_direction, 'auto')), 0
              FROM hr_face_event
             WHERE id = ANY(%s) AND employee_id IS NOT NULL AND outcome = 'identified'
               AND time_review IS NULL
             ORDER BY employee_id, captured_at DESC, uuid DESC
                ON CONFLICT (employee_id) DO UPDATE
               SET turn = p.turn + 1,
                   gate_id = CASE WHEN EXCLUDED.seen_at >= coalesce(p.seen_at, '-infinity')
                                  THEN EXCLUDED.gate_id ELSE p.gate_id END,
                   direction = CASE WHEN EXCLUDED.seen_at >= coalesce(p.seen_at, '-infinity')
                                    THEN EXCLUDED.direction ELSE p.direction END,
                   seen_at = greatest(p.seen_at, EXCLUDED.seen_at)
            """,
            [list(event_ids)],
        )
        self.invalidate_model()

    @api.model
    def _forget(self, employee_ids, through):
        """What was seen up to `through` is redacted: it is forgotten here too."""
        self.env.cr.execute(
            "UPDATE hr_face_presence SET seen_at = NULL, gate_id = NULL, direction = NULL"
            " WHERE employee_id = ANY(%s) AND seen_at <= %s",
            [list(employee_ids), through],
        )
        self.invalidate_model()
