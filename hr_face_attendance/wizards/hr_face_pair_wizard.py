from odoo import fields, models


class HrFacePairWizard(models.TransientModel):
    """Shows a one-time code, this once: the device keeps only its hash."""

    _name = "hr.face.pair.wizard"
    _description = "Pair a Device"

    device_id = fields.Many2one("hr.face.device", required=True, readonly=True, ondelete="cascade")
    code = fields.Char(readonly=True, store=False)
    expires_at = fields.Datetime(related="device_id.code_expires_at", string="Valid Until")
    server = fields.Char(compute="_compute_server")

    def _compute_server(self):
        self.server = self.get_base_url()
