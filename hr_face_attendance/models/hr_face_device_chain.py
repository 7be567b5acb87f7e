from odoo import fields, models


class HrFaceDeviceChain(models.Model):
    """Every pairing of a device: events made before the last one are still on their way."""

    _name = "hr.face.device.chain"
    _description = "Device Pairing"
    _order = "paired_at desc, id desc"
    _rec_name = "chain"

    device_id = fields.Many2one(
        "hr.face.device", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="device_id.company_id", store=True, index=True)
    chain = fields.Char(required=True, readonly=True)
    signing_key = fields.Char(required=True, readonly=True)
    paired_at = fields.Datetime(string="Paired", required=True, readonly=True)
    closed = fields.Boolean(
        readonly=True, help="Revoked: nothing signed in this pairing is accepted."
    )

    _chain_unique = models.UniqueIndex("(chain)")
