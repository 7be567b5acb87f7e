from odoo import api, fields, models

from .hr_face_commissioning import LEVELS


class HrFaceGate(models.Model):
    """The gate's last sheet."""

    _inherit = "hr.face.gate"

    commissioning_ids = fields.One2many(
        "hr.face.commissioning", "gate_id", string="Commissioning Sheets", readonly=True, copy=False
    )
    commissioning_verdict = fields.Selection(
        LEVELS, string="Commissioning", compute="_compute_commissioning"
    )

    @api.depends("commissioning_ids.verdict")
    def _compute_commissioning(self):
        for gate in self:
            gate.commissioning_verdict = gate.commissioning_ids[:1].verdict

    def action_open_commissioning(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hr_face_attendance.action_face_commissioning"
        )
        return action | {"domain": [("gate_id", "=", self.id)], "context": {}}
