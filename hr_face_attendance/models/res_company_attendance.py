from dateutil.relativedelta import relativedelta
from odoo import api, fields, models


class ResCompany(models.Model):
    """Since when attendance is closed, how long events are kept, and whose rules hold."""

    _inherit = "res.company"

    face_payroll_lock_date = fields.Date(
        string="Payroll Lock Date",
        help="Attendance dated on or before this day is closed: events that arrive later do not"
        " change it, they become proposals.",
    )
    face_event_months = fields.Integer(
        string="Keep Events For",
        default=0,
        required=True,
        help="Months after which an event is redacted: person, similarity and evidence are"
        " cleared, the proof that it happened stays. Attendance keeps its hours. 0: for ever.",
    )

    face_days_through = fields.Date(
        readonly=True,
        help="Up to this day, everybody's day has been judged; what Odoo missed comes after it.",
    )

    _face_event_months_range = models.Constraint(
        "CHECK(face_event_months BETWEEN 0 AND 600)", "Events are kept for 0 to 600 months."
    )

    def _face_kept_since(self):
        """What was captured before is not kept any longer; naive UTC."""
        return fields.Datetime.now() - relativedelta(months=self.face_event_months)

    def _face_in_use(self):
        """Those of these companies whose attendance follows our rules: those with a gate.

        Their stays are ended by us and not by core's automatic check-out, and decisions
        about extra hours survive. The others keep core's behaviour untouched.
        """
        return self & self._face_all_in_use()

    @api.model
    def _face_all_in_use(self):
        self.env["hr.face.gate"].flush_model(["active", "company_id"])
        self.env.cr.execute("SELECT DISTINCT company_id FROM hr_face_gate WHERE active")
        return self.browse(company for (company,) in self.env.cr.fetchall())
