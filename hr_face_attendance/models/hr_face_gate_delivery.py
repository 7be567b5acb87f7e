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
        """Those of `_delivered` at which this person may be seen.

        The gates of their site and those of none; without any, all of the company.
        """
        company = {
            gate: mark for gate, mark in delivered.items() if gate.company_id == employee.company_id
        }
        sites = (employee.work_location_id, employee.env["hr.work.location"])
        if not employee.work_location_id:
            return company
        near = {gate: mark for gate, mark in company.items() if gate.work_location_id in sites}
        return near or company
