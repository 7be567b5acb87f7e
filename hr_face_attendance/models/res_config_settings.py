from odoo import api, fields, models
from odoo.exceptions import UserError


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    face_model = fields.Char(related="company_id.face_model", readonly=False)
    face_refractory_s = fields.Integer(related="company_id.face_refractory_s", readonly=False)
    face_max_stay_h = fields.Float(related="company_id.face_max_stay_h", readonly=False)
    face_early_h = fields.Float(related="company_id.face_early_h", readonly=False)
    face_late_h = fields.Float(related="company_id.face_late_h", readonly=False)
    face_leaving_min = fields.Integer(related="company_id.face_leaving_min", readonly=False)
    face_too_early_min = fields.Integer(related="company_id.face_too_early_min", readonly=False)
    face_too_late_min = fields.Integer(related="company_id.face_too_late_min", readonly=False)
    face_tolerance_min = fields.Integer(related="company_id.face_tolerance_min", readonly=False)
    face_payroll_lock_date = fields.Date(
        related="company_id.face_payroll_lock_date", readonly=False
    )
    face_event_months = fields.Integer(related="company_id.face_event_months", readonly=False)
    face_consent_text = fields.Text(related="company_id.face_consent_text", readonly=False)
    face_consent_version = fields.Integer(related="company_id.face_consent_version")
    face_sheet_user_ids = fields.Many2many(related="company_id.face_sheet_user_ids", readonly=False)
    face_sheet_day = fields.Integer(related="company_id.face_sheet_day", readonly=False)
    face_sheet_lang = fields.Selection(related="company_id.face_sheet_lang", readonly=False)
    face_key_state = fields.Selection(
        [("ok", "In place"), ("missing", "Missing"), ("wrong", "Wrong")],
        compute="_compute_face_key",
    )
    face_key_message = fields.Char(compute="_compute_face_key")

    @api.depends("company_id")
    def _compute_face_key(self):
        state, message = self.env["hr.face.key"]._status()
        for settings in self:
            settings.face_key_state = state
            settings.face_key_message = message

    def action_face_create_key(self):
        """Only while no template exists: see hr.face.key."""
        self.check_access("write")
        try:
            made = self.env["hr.face.key"]._create_if_unused()
        except OSError as error:
            raise UserError(self.env._("The key file could not be made: %s", error)) from error
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if made else "warning",
                "message": self.env._("The key file was made. Back it up apart from the database.")
                if made
                else self.env._("There is a key file already, or templates need the lost one."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
