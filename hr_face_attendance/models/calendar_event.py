from odoo import Command, api, fields, models

READERS = "hr_face_attendance.group_face_officer,hr_face_attendance.group_face_auditor"


class CalendarEvent(models.Model):
    """A session: a meeting, lecture or shift briefing at which attendance is taken.

    Expected are the attendees who are employees, and whoever is named besides, one by one or by
    department: a class of sixty needs no sixty invitations.
    """

    _inherit = "calendar.event"

    face_session = fields.Boolean(
        string="Take Attendance",
        groups=READERS,
        help="Shows who was present, late and absent, among attendees who are employees and the"
        " people named below.",
    )
    face_company_id = fields.Many2one(
        "res.company",
        string="Company of the Session",
        groups=READERS,
        help="Only people of this company are expected.",
    )
    face_employee_ids = fields.Many2many(
        "hr.employee",
        "hr_face_session_employee",
        string="Also Expected",
        groups=READERS,
        domain="[('company_id', '=', face_company_id)]",
        help="Expected besides the attendees. They get no invitation.",
    )
    face_department_ids = fields.Many2many(
        "hr.department",
        "hr_face_session_department",
        string="Expected Departments",
        groups=READERS,
        help="Everybody in these departments, and in those below them, is expected.",
    )
    face_gate_ids = fields.Many2many(
        "hr.face.gate",
        compute="_compute_face_gate_ids",
        inverse="_inverse_face_gate_ids",
        copy=True,
        string="Gates of the Room",
        groups=READERS,
        domain="[('company_id', '=', face_company_id)]",
        help="With gates, only who was seen there counts as present. Without, whoever is at work"
        " during the session does, unless a roll call is held.",
    )
    """Not to be searched by: core evaluates client-made domains on employees as superuser, and a
    meeting can be reached from an employee."""
    face_grace_min = fields.Integer(
        string="Late After (min)",
        groups=READERS,
        help="Who comes at most so many minutes after the beginning is on time.",
    )
    face_called_at = fields.Datetime(
        string="Roll Call",
        groups=READERS,
        readonly=True,
        copy=False,
        help="When a roll call was confirmed. From then on its list holds: being at work is not"
        " enough.",
    )

    _face_session_idx = models.Index("(start) WHERE face_session")
    _face_grace_sane = models.Constraint(
        "CHECK (face_grace_min BETWEEN 0 AND 1440)", "Between 0 and 1440 minutes late are on time."
    )

    @api.model
    def default_get(self, fields):
        """Not as defaults of the fields: those would be written into every meeting there is when
        the addon is installed, and ask for columns that are yet to come."""
        values = super().default_get(fields)
        company = self.env.company
        own = {"face_company_id": company.id, "face_grace_min": company.sudo().face_tolerance_min}
        return {name: value for name, value in own.items() if name in fields} | values

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_face_gate_ids(self):
        gates = self.env["hr.face.gate"].search([("session_ids", "in", self.ids)])
        for event in self:
            event.face_gate_ids = gates.filtered(
                lambda gate, event=event: event._origin in gate.sudo().session_ids
            )

    def _inverse_face_gate_ids(self):
        for event in self:
            before = self.env["hr.face.gate"].sudo().search([("session_ids", "in", event.ids)])
            after = event.face_gate_ids.sudo()
            (before - after).session_ids = [Command.unlink(event.id)]
            (after - before).session_ids = [Command.link(event.id)]

    @api.model
    def _face_sessions(self, start, end, companies=None):
        """Sessions that begin from `start` until before `end`, naive UTC."""
        companies = companies or self.env.companies
        return self.search(
            [
                ("face_session", "=", True),
                ("face_company_id", "in", companies.ids),
                ("start", ">=", start),
                ("start", "<", end),
            ],
            order="start, id",
        )

    def _face_called(self):
        """A roll call of this session was confirmed: what it found holds (see rules.session).

        Whom it found has an event with source "roll_call" within the session, from half an
        hour before it begins on.
        """
        self.check_access("read")
        self.sudo().face_called_at = fields.Datetime.now()

    def action_face_open_session(self):
        self.ensure_one()
        return {
            "type": "ir.actions.client",
            "tag": "hr_face_attendance.session",
            "name": self.name,
            "params": {"session_id": self.id},
        }
