from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

KINDS = [
    ("missing_out", "Check-out missing"),
    ("missing_in", "Check-in missing"),
    ("inside_fixed", "Seen in a decided record"),
    ("locked", "Seen in a closed period"),
]
MISSING = ("missing_out", "missing_in")


class HrFaceProposal(models.Model):
    """A question to a person: what the events leave open, with what is known about it.

    Proposals follow from the events (`_keep`, after each derivation). Nothing is paid for
    one until a person of flesh and blood confirms it; then the answer becomes an event and
    the hours follow from that, on the same path as all others.
    """

    _name = "hr.face.proposal"
    _description = "Attendance Proposal"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _mail_post_access = "read"
    _order = "date desc, id desc"

    employee_id = fields.Many2one(
        "hr.employee", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    department_id = fields.Many2one("hr.department", related="employee_id.department_id")
    kind = fields.Selection(KINDS, required=True, readonly=True)
    uuid = fields.Char(string="Event", required=True, readonly=True)
    attendance_id = fields.Many2one(
        "hr.attendance", string="Attendance", readonly=True, ondelete="set null"
    )
    date = fields.Date(string="Day", required=True, readonly=True, index=True)
    earliest = fields.Datetime(string="Between", readonly=True, required=True)
    latest = fields.Datetime(string="And", readonly=True, required=True)
    suggested = fields.Datetime(string="Suggestion", readonly=True)
    basis = fields.Selection(
        [
            ("schedule", "Working schedule"),
            ("habit", "Usual time"),
            ("sighting", "Seen at a gate"),
        ],
        string="Because Of",
        readonly=True,
    )
    evidence = fields.Json(readonly=True)
    evidence_text = fields.Text(string="What Is Known", compute="_compute_evidence_text")
    question = fields.Char(compute="_compute_question")
    hours = fields.Float(
        string="Hours Moved",
        readonly=True,
        help="What applying it would add to (or take from) the worked hours.",
    )
    state = fields.Selection(
        [
            ("open", "Open"),
            ("confirmed", "Confirmed"),
            ("dismissed", "Dismissed"),
            ("superseded", "Explained"),
        ],
        default="open",
        required=True,
        readonly=True,
        index=True,
        tracking=True,
    )
    moment = fields.Datetime(string="Confirmed Time", readonly=True)
    decided_by_id = fields.Many2one("res.users", string="Decided By", readonly=True)
    decided_at = fields.Datetime(string="Decided", readonly=True)
    reason = fields.Char(readonly=True)
    is_mine = fields.Boolean(compute="_compute_rights")
    may_confirm = fields.Boolean(compute="_compute_rights")
    may_dismiss = fields.Boolean(compute="_compute_rights")

    _one_per_event = models.UniqueIndex("(uuid, kind, company_id)")

    @api.depends("employee_id", "kind")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for proposal in self:
            proposal.display_name = f"{proposal.employee_id.name}, {kinds[proposal.kind]}"

    @api.depends_context("uid")
    @api.depends("employee_id", "kind", "state")
    def _compute_rights(self):
        for proposal in self:
            is_hr = proposal._is_hr()
            proposal.is_mine = proposal.sudo().employee_id.user_id == self.env.user
            is_open = proposal.state == "open"
            own = proposal.is_mine and proposal.kind in MISSING
            proposal.may_confirm = is_open and (is_hr or own)
            proposal.may_dismiss = is_open and is_hr

    def _is_hr(self):
        """Whether the user decides about this person's attendance: as in hr_attendance."""
        self.ensure_one()
        user = self.env.user
        if user.has_group("hr_attendance.group_hr_attendance_user"):
            return True
        return (
            user.has_group("hr_face_attendance.group_face_officer")
            and self.sudo().employee_id.attendance_manager_id == user
        )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(
                self.env._("Proposals follow from events; they are not made by hand.")
            )
        return super().create(vals_list)

    def action_confirm(self):
        """Ask for the time; what has nothing to ask for is applied at once."""
        return self._open_decision("confirm", self.env._("What Is Right?"))

    def action_dismiss(self):
        return self._open_decision("dismiss", self.env._("Dismiss"))

    def _open_decision(self, decision, title):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": "hr.face.proposal.decide",
            "view_mode": "form",
            "target": "new",
            "context": {"default_proposal_id": self.id, "default_decision": decision},
        }

    def action_open_attendance(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "hr.attendance",
            "res_id": self.attendance_id.id,
            "view_mode": "form",
        }

    def _confirm(self, moment=None):
        """A person says what is right; the hours follow.

        Args:
            moment: naive UTC, within the range; for a missing punch.
        """
        self.ensure_one()
        self.check_access("read")
        if not self.may_confirm:
            raise AccessError(self.env._("This is not yours to confirm, or it is decided already."))
        if self.kind in MISSING and not (moment and self.earliest <= moment <= self.latest):
            raise UserError(
                self.env._("The time must lie within the range in which nobody was seen otherwise.")
            )
        self._decide("confirmed", moment=moment)
        self._apply(moment)
        if not self._is_hr():
            self._tell_hr()

    def _tell_hr(self):
        """A person's own word counts, and HR is asked to look at it."""
        proposal = self.sudo()
        self.env["hr.face.task"]._ask(
            proposal,
            proposal.employee_id,
            self.env._("Check what somebody confirmed"),
            self.env._(
                "%(employee)s says: %(time)s. If that is wrong, correct the event or the"
                " attendance.",
                employee=proposal.employee_id.name,
                time=proposal._at(proposal.moment),
            ),
        )

    def _dismiss(self, reason):
        for proposal in self:
            if not proposal.may_dismiss:
                raise AccessError(self.env._("Only HR may dismiss a proposal."))
        self._decide("dismissed", reason=reason)
        for employee, proposals in self.grouped("employee_id").items():
            self.env["hr.face.day"].sudo()._keep({employee.id: set(proposals.mapped("date"))})

    def _decide(self, state, **values):
        self.sudo().write(
            {
                "state": state,
                "decided_by_id": self.env.uid,
                "decided_at": fields.Datetime.now(),
                **values,
            }
        )
        self.sudo().activity_unlink(["mail.mail_activity_data_todo"])
