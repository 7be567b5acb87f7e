from odoo import api, fields, models


class HrFaceConsentWizard(models.TransientModel):
    """Shows the text that the person agrees to, and records that they do."""

    _name = "hr.face.consent.wizard"
    _description = "Record Consent"

    employee_id = fields.Many2one("hr.employee", required=True, ondelete="cascade")
    method = fields.Selection(
        [("paper", "Signed on paper"), ("screen", "Read and agreed to on this screen")],
        required=True,
        default="paper",
    )
    lang = fields.Selection(
        lambda self: self.env["res.lang"].get_installed(),
        string="Language",
        required=True,
        default=lambda self: self.env.lang or "en_US",
    )
    invite = fields.Boolean(
        string="Invite to an Odoo account by e-mail",
        help="They choose their password themselves and see only what is their own.",
    )
    may_invite = fields.Boolean(compute="_compute_may_invite")
    text = fields.Text(compute="_compute_text")
    version = fields.Integer(compute="_compute_text")

    @api.depends("employee_id", "lang")
    def _compute_text(self):
        for wizard in self:
            company = wizard.employee_id.company_id.sudo().with_context(lang=wizard.lang)
            wizard.text = company._face_consent_words()
            wizard.version = company.face_consent_version

    @api.depends("employee_id")
    def _compute_may_invite(self):
        may = self.env.user.has_group("hr.group_hr_user")
        for wizard in self:
            wizard.may_invite = may and not wizard.employee_id.sudo().user_id

    def action_record(self):
        self.ensure_one()
        self.env["hr.face.consent"].create(
            {"employee_id": self.employee_id.id, "method": self.method, "lang": self.lang}
        )
        if self.invite and self.may_invite:
            return self.employee_id.action_face_invite()
        return {"type": "ir.actions.act_window_close"}
