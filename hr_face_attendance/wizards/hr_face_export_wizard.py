from odoo import fields, models
from odoo.exceptions import AccessError

MANAGER = "hr_face_attendance.group_face_manager"


class HrFaceExportWizard(models.TransientModel):
    """Exports what is held on a person. Nothing of it is kept here; that it was done is."""

    _name = "hr.face.export.wizard"
    _description = "Export Face Data"

    employee_id = fields.Many2one("hr.employee", required=True, ondelete="cascade")
    purpose = fields.Char(
        string="Why",
        required=True,
        help="The person sees who exported their data, when and why.",
    )
    with_vectors = fields.Boolean(
        string="Include the templates themselves",
        help="For taking them elsewhere. Whoever has this file can recognise this face.",
    )

    def action_export(self):
        self.ensure_one()
        self._check_may_export()
        return {
            "type": "ir.actions.act_url",
            "url": f"/hr_face_attendance/export/{self.id}",
            "target": "download",
        }

    def _check_may_export(self):
        company = self.employee_id.sudo().company_id
        if not self.env.user.has_group(MANAGER) or company not in self.env.user.company_ids:
            raise AccessError(self.env._("Only an administrator of this company exports it."))

    def _download(self):
        """(file name, bytes); the access is noted in the same transaction."""
        self._check_may_export()
        employee = self.employee_id.sudo()
        allowed = self.env.user.company_ids.ids
        export = self.env["hr.face.export"].with_context(allowed_company_ids=allowed)
        kind = "export_vectors" if self.with_vectors else "export"
        self.env["hr.face.access.log"]._note(employee, kind, self.purpose)
        content = export._zip(employee, vectors=self.with_vectors)
        return f"face-data-{employee.id}.zip", content
