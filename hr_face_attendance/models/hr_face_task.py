from odoo import api, models


class HrFaceTask(models.AbstractModel):
    """Asking a person: an activity, once, for somebody who may see what it is about."""

    _name = "hr.face.task"
    _description = "Tasks from Face Attendance"

    @api.model
    def _ask(self, record, employee, summary, note, first=False):
        """Put an activity on `record`; asked again, only the note of the open one changes.

        Args:
            record: one record of a model with activities.
            employee: whom it is about.
            first: user to ask if they may see the record; else the attendance approver of
                the employee, else somebody who manages all attendances.
        """
        record = record.sudo()
        user = self._responsible(record, employee, first)
        known = record.activity_ids.filtered(
            lambda activity: activity.summary == summary and activity.user_id == user
        )
        if known:
            known[0].note = note
        else:
            record.activity_schedule(
                "mail.mail_activity_data_todo", summary=summary, note=note, user_id=user.id
            )

    @api.model
    def _responsible(self, record, employee, first=False):
        employee = employee.sudo()
        managers = self.env.ref("hr_attendance.group_hr_attendance_manager").sudo().all_user_ids
        candidates = (first or managers.browse()) | employee.attendance_manager_id
        for user in candidates | managers.sorted("id"):
            companies = user.company_ids.ids
            seen = record.with_env(self.env(user=user, su=False))
            seen = seen.with_context(allowed_company_ids=companies)
            if user.active and employee.company_id.id in companies and seen.has_access("read"):
                return user
        return self.env.ref("base.user_admin").sudo()
