from odoo import api, models

BATCH = 100


class HrFaceRollCall(models.Model):
    """Who was present and absent is kept as long as the company keeps events, and no longer."""

    _inherit = "hr.face.roll.call"

    @api.model
    def _expire(self):
        """Erase the lists of roll calls older than what is kept, a few at a time."""
        companies = self.env["res.company"].sudo().search([("face_event_months", ">", 0)])
        for company in companies:
            old = [
                ("company_id", "=", company.id),
                ("taken_at", "<", company._face_kept_since()),
            ]
            while calls := self.sudo().search(old, order="taken_at, id", limit=BATCH):
                calls.unlink()
                self.env["ir.cron"]._commit_progress(len(calls))


class HrFaceEvent(models.Model):
    _inherit = "hr.face.event"

    @api.model
    def _cron_redact_old(self):
        super()._cron_redact_old()
        self.env["hr.face.roll.call"]._expire()
