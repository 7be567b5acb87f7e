from odoo import fields, models


class HrEmployee(models.Model):
    """Days and proposals of a person."""

    _inherit = "hr.employee"

    face_proposal_count = fields.Integer(
        compute="_compute_face_proposal_count",
        groups="hr_attendance.group_hr_attendance_officer",
    )

    def _compute_face_proposal_count(self):
        counts = dict(
            self.env["hr.face.proposal"]._read_group(
                [("employee_id", "in", self._origin.ids), ("state", "=", "open")],
                ["employee_id"],
                ["__count"],
            )
        )
        for employee in self:
            employee.face_proposal_count = counts.get(employee._origin, 0)

    def action_face_open_proposals(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hr_face_attendance.action_face_proposal"
        )
        return action | {"domain": [("employee_id", "=", self.id)]}

    def action_face_open_days(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("hr_face_attendance.action_face_day")
        return action | {"domain": [("employee_id", "=", self.id)], "context": {}}
