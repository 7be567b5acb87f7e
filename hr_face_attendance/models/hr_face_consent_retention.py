from odoo import api, fields, models

from ..rules import retention

BATCH = 100


class HrFaceConsent(models.Model):
    """Consents that come to their end by themselves, and take the templates with them."""

    _inherit = "hr.face.consent"

    @api.model
    def _cron_retention(self):
        """Once a day, in batches: what is due is erased, with a trace on each person."""
        outdated = self._outdated()
        due = [(one, "outdated") for one in outdated]
        due += [(one, "departed") for one in self._departed() - outdated]
        progress = self.env["ir.cron"]
        progress._commit_progress(remaining=len(due))
        for start in range(0, len(due), BATCH):
            batch = due[start : start + BATCH]
            for reason, said in self._reasons().items():
                ids = [consent.id for consent, why in batch if why == reason]
                self.browse(ids).exists()._end(reason, said)
            if not progress._commit_progress(len(batch)):
                break

    @api.model
    def _reasons(self):
        return {
            "outdated": self.env._("The text that was agreed to does not count any more"),
            "departed": self.env._("Time of keeping after departure is over"),
        }

    @api.model
    def _outdated(self):
        """Agreements to a text that does not count any more."""
        given = self.search([("state", "=", "given"), ("is_earlier", "=", True)])
        return given.filtered(lambda consent: not consent._still_counts())

    @api.model
    def _departed(self):
        """Of people who left so long ago that nothing may be kept."""
        today = fields.Date.context_today(self)
        archived = self.search([("state", "=", "given"), ("employee_id.active", "=", False)])
        return archived.filtered(lambda consent: consent._erase_on() <= today)

    def _erase_on(self):
        """Day on which the templates of this archived person are erased."""
        # An employee archived before this was noted: their record was last changed then or later.
        archived_at = self.archived_at or self.employee_id.write_date
        return retention.erase_on(
            self.employee_id.departure_date or None,
            archived_at.date(),
            self.company_id.face_departure_days,
        )
