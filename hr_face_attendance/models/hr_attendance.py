from odoo import api, fields, models

DERIVING = "hr_face_deriving"
_SENTINEL = object()
"""Marks writes of the derivation. An object, because a client can send any JSON, not this."""
TIMES = frozenset({"employee_id", "check_in", "check_out"})
DECISIONS = TIMES | {"overtime_status"}
OWN = frozenset({"face_fixed", "face_missing_out"})
OFFICER = "hr_attendance.group_hr_attendance_officer"


class HrAttendance(models.Model):
    """Attendance derived from face events, beside the rows that people make.

    The link is kept on the event (`hr.face.event.attendance_id`): a stored field here would
    make events reachable from hr.employee, whose domains core evaluates as superuser.
    """

    _inherit = "hr.attendance"

    in_mode = fields.Selection(
        selection_add=[("face", "Face")],
        ondelete={"face": lambda records: _unface(records, "in_mode")},
    )
    out_mode = fields.Selection(
        selection_add=[("face", "Face")],
        ondelete={"face": lambda records: _unface(records, "out_mode")},
    )
    face_fixed = fields.Boolean(
        string="Decided by a Person",
        readonly=True,
        copy=False,
        help="Made or changed by hand, or resting on an erased event: face events do not change it.",
    )
    face_missing_out = fields.Boolean(
        string="Check-Out Missing",
        readonly=True,
        copy=False,
        help="Nobody saw this person leave. Closed with zero hours until somebody decides.",
    )
    face_in_event_id = fields.Many2one(
        "hr.face.event", string="Seen Arriving", compute="_compute_face_events", groups=OFFICER
    )
    face_out_event_id = fields.Many2one(
        "hr.face.event", string="Seen Leaving", compute="_compute_face_events", groups=OFFICER
    )
    face_recording = fields.Boolean(string="From a Recording", compute="_compute_face_events")

    def _compute_face_events(self):
        events = (
            self.env["hr.face.event"].sudo().search([("attendance_id", "in", self._origin.ids)])
        )
        by_key = {(event.attendance_id.id, event.direction): event for event in events}
        for attendance in self:
            seen_in = by_key.get((attendance._origin.id, "in"), events.browse())
            seen_out = by_key.get((attendance._origin.id, "out"), events.browse())
            attendance.face_in_event_id = seen_in
            attendance.face_out_event_id = seen_out
            attendance.face_recording = any((seen_in | seen_out).mapped("is_recording"))

    @api.constrains("check_in", "check_out", "employee_id")
    def _check_validity(self):
        # The derivation moves several rows; core's check of each single step would object to
        # orders that the finished table does not have. It never overlaps (rules.punch).
        if not self._face_deriving():
            super()._check_validity()

    def write(self, vals):
        if self._face_deriving():
            return super().write(vals)
        vals = {name: value for name, value in vals.items() if name not in OWN}
        moved = not TIMES.isdisjoint(vals)
        spans = self._face_spans() if moved else {}
        result = super().write(vals) if vals else True
        if not DECISIONS.isdisjoint(vals):
            self._face_derived()._face_fix()
        if moved:
            self._face_rederive(spans, self._face_spans())
        return result

    @api.model_create_multi
    def create(self, vals_list):
        if self._face_deriving():
            return super().create(vals_list)
        rows = super().create(
            [{name: value for name, value in vals.items() if name not in OWN} for vals in vals_list]
        )
        rows._face_rederive(rows._face_spans())
        return rows

    def unlink(self):
        """A person who deletes an attendance decides that its events count no more."""
        if self._face_deriving():
            return super().unlink()
        spans = self._face_spans()
        self.env["hr.face.event"].sudo()._retire(self)
        result = super().unlink()
        self._face_rederive(spans)
        return result

    def _face_spans(self):
        """{employee id: (earliest, latest)} moment of these rows, naive UTC."""
        spans = {}
        for row in self.sudo():
            one, last = row.employee_id.id, row.check_out or row.check_in
            earliest, latest = spans.get(one, (row.check_in, last))
            spans[one] = (min(earliest, row.check_in), max(latest, last))
        return spans

    @api.model
    def _face_rederive(self, *spans):
        """A person changed rows: derive what was seen since then anew.

        Nothing to do for who has not been seen since, as with every native check-in.
        """
        union = {}
        for one, (earliest, latest) in (item for span in spans for item in span.items()):
            known = union.get(one, (earliest, latest))
            union[one] = (min(known[0], earliest), max(known[1], latest))
        seen = self._face_seen_since(union)
        if seen:
            self.env["hr.face.presence"].sudo()._touch(seen)
            browse = self.env["hr.employee"].browse
            self.sudo()._face_derive(
                {browse(one): union[one][0] for one in seen},
                {browse(one): union[one][1] for one in seen},
            )

    @api.model
    def _face_deriving(self):
        return self.env.context.get(DERIVING) is _SENTINEL

    @api.model
    def _face_as_derivation(self):
        """As superuser, quietly: the events are the audit trail, chatter would repeat them."""
        return self.sudo().with_context(
            **{DERIVING: _SENTINEL}, tracking_disable=True, mail_create_nolog=True
        )

    def _face_derived(self):
        """Those of these rows that the derivation made or completed."""
        events = self.env["hr.face.event"].sudo().search([("attendance_id", "in", self.ids)])
        return self.filtered("face_missing_out") | self.browse(events.attendance_id.ids)

    def _face_fix(self):
        """From now on these rows are decisions; the derivation leaves them alone."""
        rows = self.sudo().filtered(lambda attendance: not attendance.face_fixed)
        if rows:
            super(HrAttendance, rows).write({"face_fixed": True, "face_missing_out": False})


def _unface(records, field):
    """Uninstalling keeps every row; only the mode's name goes."""
    records.write({field: "manual"})
