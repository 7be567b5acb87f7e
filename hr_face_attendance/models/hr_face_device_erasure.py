from odoo import fields, models


class HrFaceDevice(models.Model):
    """What a device has still to forget."""

    _inherit = "hr.face.device"

    erasures_waiting = fields.Integer(
        string="Erasures Waiting",
        compute="_compute_erasures",
        help="Erasures that this device has not acknowledged yet.",
    )
    erasures_overdue = fields.Integer(compute="_compute_erasures")
    erasure_waiting_since = fields.Datetime(
        string="Erasures Waiting Since", compute="_compute_erasures"
    )

    def _compute_erasures(self):
        pending = (
            self.env["hr.face.erasure"]
            .sudo()
            .search([("device_id", "in", self.ids), ("acknowledged_at", "=", False)])
            .grouped("device_id")
        )
        for device in self:
            mine = pending.get(device, self.env["hr.face.erasure"])
            device.erasures_waiting = len(mine)
            device.erasures_overdue = sum(mine.mapped("is_overdue"))
            device.erasure_waiting_since = min(mine.mapped("requested_at"), default=False)

    def action_open_erasures(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hr_face_attendance.action_face_erasure"
        )
        return action | {"domain": [("device_id", "=", self.id)], "context": {}}

    def _may_hold_since(self, moment):
        """Whether a template that exists since then can have reached this device."""
        revoked = self.state == "revoked" and self.revoked_at
        return not (revoked and moment and revoked < moment)

    def _api_erasures(self, uuids):
        return self.env["hr.face.erasure"]._acknowledge(self.sudo(), uuids)
