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
        self.flush_model(["active", "company_id", "device_ids"])
        self.env["hr.face.device"].flush_model(["active", "state", "delivered_through"])
        self.env.cr.execute(
            """
            SELECT g.id, CASE WHEN bool_and(d.delivered_through IS NOT NULL)
                              THEN min(d.delivered_through) END
              FROM hr_face_gate g
              JOIN hr_face_device_hr_face_gate_rel r ON r.hr_face_gate_id = g.id
              JOIN hr_face_device d ON d.id = r.hr_face_device_id
             WHERE g.active AND g.company_id = ANY(%s) AND d.active AND d.state = ANY(%s)
             GROUP BY g.id ORDER BY g.sequence, g.name, g.id
            """,
            [companies.ids, list(DELIVERING)],
        )
        marks = dict(self.env.cr.fetchall())
        gates = self.sudo().browse(marks)
        gates.fetch(["name", "company_id", "work_location_id"])
        return {gate: marks[gate.id] and marks[gate.id].replace(tzinfo=UTC) for gate in gates}

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
