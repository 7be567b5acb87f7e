from odoo import Command, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.mail import email_normalize


class HrEmployee(models.Model):
    """An Odoo account for an employee, by Odoo's own invitation: they choose the password."""

    _inherit = "hr.employee"

    def action_face_invite(self):
        """Make an account with no rights but an employee's own, and mail the invitation.

        By who may make employees' records (HR officers): making users is beyond them, so this
        is done as superuser, with the one group that shows somebody their own.
        """
        self.ensure_one()
        if not self.env.user.has_group("hr.group_hr_user"):
            raise AccessError(self.env._("Only HR officers invite employees."))
        self.check_access("write")
        user = self.sudo()._face_account()
        user.with_context(create_user=True).action_reset_password()
        self._face_note(self.env._("Invited to an Odoo account: %s", user.login))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("An invitation was sent to %s.", user.email),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _face_account(self):
        """The account, made unless it is there; without a password until they choose one."""
        if self.user_id:
            if self.user_id.login_date:
                raise UserError(self.env._("%s uses an account already.", self.name))
            return self.user_id
        email = email_normalize(self.work_email or self.private_email or "")
        if not email:
            raise UserError(self.env._("%s has no e-mail address.", self.name))
        users = self.env["res.users"].with_context(no_reset_password=True, active_test=False)
        if users.search_count([("login", "=ilike", email)], limit=1):
            raise UserError(self.env._("There is an account for %s already.", email))
        user = users.create(
            {
                "name": self.name,
                "login": email,
                "email": email,
                "lang": self.lang or self.company_id.partner_id.lang,
                "tz": self._get_tz(),
                "company_id": self.company_id.id,
                "company_ids": [Command.set(self.company_id.ids)],
                "group_ids": [Command.set(self.env.ref("base.group_user").ids)],
            }
        )
        self.user_id = user
        return user
