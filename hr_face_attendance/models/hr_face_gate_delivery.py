from datetime import UTC

from odoo import api, models

DELIVERING = ("paired",)


class HrFaceGate(models.Model):
    """What has arrived from the gates: nobody is absent while a gate may still know better."""

    _inherit = "hr.face.gate"

    @api.model
    def _delivered(self, companies):
        """{gate: aware time up to which all it saw has arrived, or None}, of active gates.

        A gate that no paired device serves can deliver nothing and is left out; one served
        by several has delivered what the slowest of them has.
        """
        delivered = {}
        for gate in self.sudo().search([("company_id", "in", companies.ids)]):
            marks = [
                device.delivered_through
                for device in gate.device_ids
                if device.active and device.state in DELIVERING
            ]
            if marks:
                mark = min(marks) if all(marks) else None
                delivered[gate] = mark and mark.replace(tzinfo=UTC)
        return delivered

    @api.model
    def _that_matter(self, delivered, employee):
        """Those of `_delivered` at which this person may be seen: of their site, if they have one."""
        site = employee.work_location_id
        return {
            gate: mark
            for gate, mark in delivered.items()
            if gate.company_id == employee.company_id
            and (not site or not gate.work_location_id or gate.work_location_id == site)
        }
