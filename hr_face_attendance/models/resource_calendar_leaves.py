from datetime import timedelta

from odoo import api, models

MOVED = frozenset({"date_from", "date_to", "resource_id", "calendar_id", "company_id", "time_type"})


class ResourceCalendarLeaves(models.Model):
    """Leave entered afterwards explains an absence: the days are judged anew."""

    _inherit = "resource.calendar.leaves"

    @api.model_create_multi
    def create(self, vals_list):
        leaves = super().create(vals_list)
        self.env["hr.face.day"]._expected_anew(leaves._face_concerned())
        return leaves

    def write(self, vals):
        if MOVED.isdisjoint(vals):
            return super().write(vals)
        before = self._face_concerned()
        result = super().write(vals)
        self.env["hr.face.day"]._expected_anew(before + self._face_concerned())
        return result

    def unlink(self):
        before = self._face_concerned()
        result = super().unlink()
        self.env["hr.face.day"]._expected_anew(before)
        return result

    def _face_concerned(self):
        """[(employees, first date, last date)] where faces are used; a day more on either side."""
        used = self.env["res.company"].sudo()._face_all_in_use()
        concerned = []
        for leave in self.sudo() if used else ():
            domain = [("company_id", "in", ((leave.company_id or used) & used).ids)]
            if leave.resource_id:
                domain.append(("resource_id", "=", leave.resource_id.id))
            employees = self.env["hr.employee"].sudo().search(domain)
            if employees:
                day = timedelta(days=1)
                first, last = (leave.date_from - day).date(), (leave.date_to + day).date()
                concerned.append((employees, first, last))
        return concerned
