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
    text = fields.Text(compute="_compute_text")
    version = fields.Integer(compute="_compute_text")

    @api.depends("employee_id", "lang")
    def _compute_text(self):
        for wizard in self:
            company = wizard.employee_id.company_id.sudo().with_context(lang=wizard.lang)
            wizard.text = company._face_consent_words()
            wizard.version = company.face_consent_version

    def action_record(self):
        self.ensure_one()
        self.env["hr.face.consent"].create(
            {"employee_id": self.employee_id.id, "method": self.method, "lang": self.lang}
        )
        return {"type": "ir.actions.act_window_close"}
