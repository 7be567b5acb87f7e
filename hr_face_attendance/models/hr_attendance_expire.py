from datetime import UTC

from odoo import api, fields, models
from odoo.fields import Domain

AT_ONCE = 200


class HrAttendance(models.Model):
    """Stays that nobody will end: ours, instead of core's automatic check-out.

    Core's looks at the hours of one weekday only and cuts night shifts; its absence cron
    makes up attendance. Where a company uses face attendance both are silent: a stay that
    has outlived the longest one allowed is closed with zero hours and flagged, as the next
    punch would, and a person decides. Other companies keep core's behaviour.
    """

    _inherit = "hr.attendance"

    @api.model
    def _cron_face_expire_stays(self):
        now = fields.Datetime.now()
        people = self._face_overstayed(now)
        for start in range(0, len(people), AT_ONCE):
            some = people[start : start + AT_ONCE]
            self._face_lock([employee.id for employee in some])
            self._face_expire(some, now)
            self.env["ir.cron"]._commit_progress(
                len(some), remaining=len(people) - start - len(some)
            )

    @api.model
    def _face_overstayed(self, now):
        """People who have been in for longer than the shortest of all longest stays."""
        companies = self.env["res.company"]._face_all_in_use().sudo()
        people = self.env["hr.employee"]
        for company in companies:
            limit = now - company._face_rules().max_stay
            domain = [
                ("employee_id.company_id", "=", company.id),
                ("check_out", "=", False),
                ("check_in", "<", limit),
            ]
            people |= self.sudo().search(domain).employee_id
        return people

    @api.model
    def _face_expire(self, people, now):
        """Close the stays of these people that have outlived their limit at `now` (naive UTC)."""
        rows = self.sudo().search([("employee_id", "in", people.ids), ("check_out", "=", False)])
        earliest = {}
        for row in rows:
            known = earliest.get(row.employee_id, row.check_in)
            earliest[row.employee_id] = min(known, row.check_in)
        self.env["hr.face.presence"].sudo()._touch(people.ids)
        self.sudo()._face_derive(earliest, now=now.replace(tzinfo=UTC))

    def _cron_auto_check_out(self):
        return super(HrAttendance, self.with_context(hr_face_core_cron=True))._cron_auto_check_out()

    def _cron_absence_detection(self):
        return super(
            HrAttendance, self.with_context(hr_face_core_cron=True)
        )._cron_absence_detection()

    @api.model
    def _search(self, domain, *args, **kwargs):
        """Core's automatic check-out does not see companies with rules of our own."""
        if self.env.context.get("hr_face_core_cron"):
            in_use = self.env["res.company"]._face_all_in_use()
            domain = Domain(domain) & Domain("employee_id.company_id", "not in", in_use.ids)
        return super()._search(domain, *args, **kwargs)


class ResCompany(models.Model):
    _inherit = "res.company"

    @api.model
    def _search(self, domain, *args, **kwargs):
        """Neither does its absence cron."""
        if self.env.context.get("hr_face_core_cron"):
            domain = Domain(domain) & Domain("id", "not in", self._face_all_in_use().ids)
        return super()._search(domain, *args, **kwargs)
