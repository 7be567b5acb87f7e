from datetime import datetime

from odoo import Command, api, models

from ..rules.local import zone_of
from ..rules.sheet import first_unsent, month_after, month_before, months_due


class HrFaceSheet(models.Model):
    """Last month's sheet by e-mail, to each recipient by their own rights (docs/cockpit.md)."""

    _inherit = "hr.face.sheet"

    @api.model
    def _cron_monthly(self):
        """Order what is due; sheets are made and sent one by one, like others that wait.

        That a month is ordered and that it is noted so is one transaction, and the company's row
        is locked by it: however often this runs, a month is ordered once.
        """
        companies = self.env["res.company"].search(
            ["|", ("face_sheet_user_ids", "!=", False), ("face_sheet_unsent", "!=", False)]
        )
        for company in companies.try_lock_for_update(allow_referencing=True):
            company.invalidate_recordset(["face_sheet_unsent"])
            now = datetime.now(zone_of(company.partner_id.tz or "UTC"))
            day = company.face_sheet_day
            unsent = company.face_sheet_unsent or first_unsent(now, day)
            for month in months_due(unsent, now, day):
                unsent = month_after(month)
                self._order_month(company, *month_before(unsent))
            company.face_sheet_unsent = unsent
        self.env["ir.cron"]._commit_progress()

    def _order_month(self, company, first, last):
        """Nothing, if there are no recipients: those of later get later months."""
        self.sudo().create(
            [
                {
                    "user_id": user.id,
                    "company_id": company.id,
                    "period": "own",
                    "date_from": first,
                    "date_to": last,
                    "lang": company.face_sheet_lang or False,
                    "monthly": True,
                    "state": "waiting",
                }
                for user in company.face_sheet_user_ids
            ]
        )
        self.env.ref("hr_face_attendance.cron_face_sheet").sudo()._trigger()

    def _deliver(self, asker, content):
        """A monthly sheet goes by mail; it is queued in the transaction that notes it as made."""
        if not self.monthly:
            super()._deliver(asker, content)
            return
        template = self.env.ref("hr_face_attendance.mail_template_face_sheet")
        attachment = self.env["ir.attachment"].create(
            {"name": f"{asker.name}.xlsx", "raw": content, "res_model": "mail.message"}
        )
        template.with_context(lang=asker.env.lang).send_mail(
            self.id, email_values={"attachment_ids": [Command.link(attachment.id)]}
        )
        self._close()
