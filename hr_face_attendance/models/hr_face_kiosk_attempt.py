from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..rules.kiosk import TRIES_PER_KIOSK, TRIES_PER_PERSON, WINDOW


class HrFaceKioskAttempt(models.TransientModel):
    """PINs and badges tried at a company's kiosks, until they prove right."""

    _name = "hr.face.kiosk.attempt"
    _description = "Kiosk Attempt"
    _transient_max_hours = WINDOW / timedelta(hours=1)
    _transient_max_count = 0  # whatever the server's settings say: a try must count for the window

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    employee_id = fields.Many2one("hr.employee", readonly=True, ondelete="cascade")
    ip = fields.Char(required=True, readonly=True)

    _recent_idx = models.Index("(company_id, create_date)")

    @api.model
    def _reserve(self, company, ip, employee):
        """Count a try before it is judged; whoever was right gives it back (`unlink`).

        Counted and committed first, so that of many tries sent at once each counts the others.

        Raises:
            UserError: too many tries failed; this one is not judged.
        """
        with self.env.registry.cursor() as cr:
            values = {"company_id": company.id, "ip": ip, "employee_id": employee.id}
            attempt = self.with_env(self.env(cr=cr)).create(values).id
        with self.env.registry.cursor() as cr:
            self.with_env(self.env(cr=cr))._check(company, ip, employee)
        return self.browse(attempt)

    def _check(self, company, ip, employee):
        since = fields.Datetime.now() - WINDOW
        recent = [("company_id", "=", company.id), ("create_date", ">=", since)]
        own = [*recent, ("employee_id", "=", employee.id)]
        if employee and self.search_count(own) > TRIES_PER_PERSON:
            raise UserError(self.env._("Too many wrong PINs. Wait ten minutes, or ask HR."))
        if self.search_count([*recent, ("ip", "=", ip)]) > TRIES_PER_KIOSK:
            raise UserError(self.env._("Too many failed tries at this kiosk. Wait ten minutes."))
