from odoo import api, fields, models
from odoo.tools import format_date

from ..rules import notice


class HrFaceProposal(models.Model):
    """A forgotten check-out, when the question about it comes up."""

    _inherit = "hr.face.proposal"

    @api.model
    def _ask(self, new):
        asked = super()._ask(new)
        recent = fields.Date.subtract(fields.Date.today(), days=7)
        for proposal in asked:
            if proposal.kind == "missing_out" and proposal.date >= recent:
                employee = proposal.employee_id
                params = {"date": format_date(self.env, proposal.date)}
                key = f"{notice.FORGOTTEN}:{proposal.uuid}"
                self.env["hr.face.notice"].sudo()._tell(employee, notice.FORGOTTEN, key, params)
        return asked
