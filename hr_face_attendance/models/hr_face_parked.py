from odoo import api, fields, models

from .fields import BigInteger


class HrFaceParked(models.Model):
    """An event that Odoo rejected and the device keeps, as the device tells it.

    Nothing is lost: once what was wrong is put right, the device delivers it again.
    """

    _name = "hr.face.parked"
    _description = "Rejected Event"
    _order = "captured_at desc, id desc"
    _rec_name = "uuid"
    _log_access = False

    device_id = fields.Many2one(
        "hr.face.device", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="device_id.company_id", store=True, index=True)
    uuid = fields.Char(string="UUID", required=True, readonly=True)
    chain = fields.Char(string="Pairing", required=True, readonly=True)
    seq = BigInteger(string="Number", required=True, readonly=True, aggregator=None)
    gate = fields.Integer(string="Gate Number", required=True, readonly=True, aggregator=None)
    gate_name = fields.Char(string="Gate", compute="_compute_gate_name")
    captured_at = fields.Datetime(string="Captured", required=True, readonly=True)
    reason = fields.Char(string="Reason Code", required=True, readonly=True)
    explanation = fields.Char(compute="_compute_explanation")

    _uuid_unique = models.UniqueIndex("(device_id, uuid)")

    @api.depends("gate")
    def _compute_gate_name(self):
        names = {
            gate.id: gate.name
            for gate in self.env["hr.face.gate"].search([("id", "in", self.mapped("gate"))])
        }
        for one in self:
            one.gate_name = names.get(one.gate) or str(one.gate)

    @api.depends("reason")
    @api.depends_context("lang")
    def _compute_explanation(self):
        for one in self:
            one.explanation = self._words_of(one.reason)

    @api.model
    def _words_of(self, reason):
        words = {
            "unknown_employee": self.env._("No such person in this device's company"),
            "unknown_gate": self.env._("This device does not serve that gate"),
            "wrong_device": self.env._("Made for another device, or in a revoked pairing"),
            "bad_signature": self.env._("Not as the device signed it"),
            "malformed": self.env._("Could not be read; update the device and Odoo"),
            "sealed_away": self.env._("Its key went with a revoked pairing"),
        }
        return words.get(reason, reason)

    @api.model
    def _keep(self, device, told):
        """These are the device's rejected events now (wire_heartbeat.ParkedEvent). As superuser."""
        known = {row.uuid: row for row in self.search([("device_id", "=", device.id)])}
        for one in told:
            row = known.pop(one.uuid, None)
            if row is None:
                self.create(
                    {
                        "device_id": device.id,
                        "uuid": one.uuid,
                        "chain": one.chain,
                        "seq": one.seq,
                        "gate": one.gate,
                        "captured_at": one.captured_at.replace(tzinfo=None, microsecond=0),
                        "reason": one.reason,
                    }
                )
            elif row.reason != one.reason:
                row.reason = one.reason
        self.browse([row.id for row in known.values()]).unlink()
