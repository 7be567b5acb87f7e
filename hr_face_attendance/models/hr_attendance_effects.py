from collections import defaultdict

from odoo import api, models

SHOWN = frozenset({"employee_id", "check_in", "check_out"})


class HrAttendance(models.Model):
    """What follows from attendance: proposals, and the status of the days."""

    _inherit = "hr.attendance"

    @api.model
    def _face_after_derive(self, derived):
        super()._face_after_derive(derived)
        days = self.env["hr.face.proposal"].sudo()._keep(derived)
        for employee, done in derived.items():
            days[employee] |= done.days
        known = {employee: done.worktime for employee, done in derived.items()}
        self.env["hr.face.day"]._keep(days, known)

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        rows._face_show_days(rows._face_days())
        return rows

    def write(self, vals):
        if self._face_deriving() or SHOWN.isdisjoint(vals):
            return super().write(vals)
        before = self._face_days()
        result = super().write(vals)
        self._face_settle_proposals()
        self._face_show_days(before, self._face_days())
        return result

    def unlink(self):
        if self._face_deriving():
            return super().unlink()
        before = self._face_days()
        self._face_settle_proposals()
        result = super().unlink()
        self._face_show_days(before)
        return result

    def _face_days(self):
        """{employee id: dates} of these rows, of companies where faces are used."""
        days = defaultdict(set)
        if not self._face_deriving():
            used = self.sudo().employee_id.company_id._face_in_use()
            for row in self.sudo():
                if row.employee_id.company_id in used:
                    days[row.employee_id.id].add(row.date)
        return days

    @api.model
    def _face_show_days(self, *touched):
        days = defaultdict(set)
        for some in touched:
            for employee, dates in some.items():
                days[employee] |= dates
        if days:
            self.env["hr.face.day"].sudo()._keep(days)

    def _face_settle_proposals(self):
        """Who decides about the row itself has answered what was asked about it."""
        self.env["hr.face.proposal"].sudo().search(
            [("attendance_id", "in", self.ids), ("state", "=", "open")]
        )._supersede()
