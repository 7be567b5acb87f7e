import base64

from odoo import api, fields, models

from ..rules import pairing

QR_PX = 300


class HrFacePairWizard(models.TransientModel):
    """Shows a one-time code, this once: the device keeps only its hash."""

    _name = "hr.face.pair.wizard"
    _description = "Pair a Device"

    device_id = fields.Many2one("hr.face.device", required=True, readonly=True, ondelete="cascade")
    code = fields.Char(readonly=True, store=False)
    expires_at = fields.Datetime(related="device_id.code_expires_at", string="Valid Until")
    server = fields.Char(compute="_compute_server")
    qr = fields.Binary(string="QR Code", compute="_compute_qr")

    def _compute_server(self):
        self.server = self.get_base_url()

    @api.depends("code")
    def _compute_qr(self):
        """Made here and not by an address of /report/barcode: a code in a query stands in logs."""
        for wizard in self:
            text = wizard.code and pairing.invitation(wizard.get_base_url(), wizard.code)
            wizard.qr = text and base64.b64encode(
                self.env["ir.actions.report"].barcode("QR", text, width=QR_PX, height=QR_PX)
            )
