from odoo import api, fields, models
from odoo.exceptions import AccessError


class HrFaceAccessLog(models.Model):
    """Who looked at what is held on a person. Lines are added, never changed or removed."""

    _name = "hr.face.access.log"
    _description = "Access to Face Data"
    _order = "at desc, id desc"
    _rec_name = "employee_id"
    _log_access = False

    employee_id = fields.Many2one("hr.employee", readonly=True, index=True, ondelete="set null")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    user_id = fields.Many2one("res.users", string="Who", required=True, readonly=True)
    at = fields.Datetime(string="When", required=True, readonly=True)
    kind = fields.Selection(
        [
            ("export", "Export"),
            ("export_vectors", "Export with templates"),
            ("image", "Looked at an image"),
        ],
        string="What",
        required=True,
        readonly=True,
    )
    purpose = fields.Char(string="Why", readonly=True)

    @api.model
    def _note(self, employee, kind, purpose):
        """Note it in the transaction that shows the data: no sight without a line here."""
        return self.sudo().create(
            {
                "employee_id": employee.id,
                "company_id": employee.sudo().company_id.id,
                "user_id": self.env.uid,
                "at": fields.Datetime.now(),
                "kind": kind,
                "purpose": purpose,
            }
        )

    def write(self, vals):
        raise AccessError(self.env._("This log is not edited."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise AccessError(self.env._("This log is not edited."))
