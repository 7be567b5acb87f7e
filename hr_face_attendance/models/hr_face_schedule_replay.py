from odoo import api, models

from .hr_attendance_replay import WHAT_IF, WhatIf


class HrFaceSchedule(models.AbstractModel):
    """Shifts as a what-if supposes them."""

    _inherit = "hr.face.schedule"

    @api.model
    def _worktimes(self, employees, start, end, calendar=None, rosters=None):
        what_if = self.env.context.get(WHAT_IF)
        if isinstance(what_if, WhatIf):
            calendar = what_if.calendar if calendar is None else calendar
            rosters = what_if.rosters if rosters is None else rosters
        return super()._worktimes(employees, start, end, calendar=calendar, rosters=rosters)
