from odoo import api, fields, models
from odoo.exceptions import UserError

from ..rules import notice

HOURS = 24


class HrFaceNoticeChoice(models.Model):
    """What somebody wants to be told, and when not. Without a record: everything, at any time."""

    _name = "hr.face.notice.choice"
    _description = "Chosen Notifications"
    _rec_name = "employee_id"

    employee_id = fields.Many2one("hr.employee", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(
        "res.company", related="employee_id.company_id", store=True, index=True
    )
    checked = fields.Boolean(string="Checked in or out", default=True)
    forgotten = fields.Boolean(string="Forgotten check-out", default=True)
    late = fields.Boolean(string="Late arrivals, once a day", default=True)
    stranger = fields.Boolean(string="Stranger at a gate", default=True)
    refused = fields.Boolean(string="Somebody refused at a gate", default=True)
    offline = fields.Boolean(string="Gate offline", default=True)
    attack = fields.Boolean(string="Photo or mask held up to a gate", default=True)
    quiet_from = fields.Float(default=0.0)
    quiet_until = fields.Float(default=0.0)

    _one_per_person = models.UniqueIndex("(employee_id)")
    _hours_sane = models.Constraint(
        "CHECK(quiet_from BETWEEN 0 AND 24 AND quiet_until BETWEEN 0 AND 24)",
        "Quiet hours are hours of the day.",
    )

    @api.model
    def _of(self, employees):
        """{employee id: their choice}; a record in memory for who has none."""
        known = self.sudo().search([("employee_id", "in", employees.ids)])
        found = {choice.employee_id.id: choice for choice in known}
        return {
            employee.id: found.get(employee.id) or self.sudo().new({"employee_id": employee.id})
            for employee in employees
        }

    @api.model
    def _choose(self, person, kinds, quiet_from, quiet_until):
        """Keep what a form sent.

        Args:
            kinds: names of rules.notice.KINDS that are wanted; the rest is not.
            quiet_from, quiet_until: "HH:MM"; both empty: no quiet hours.
        """
        values = {name: name in kinds for name in notice.KINDS}
        values["quiet_from"] = _hour(person, quiet_from)
        values["quiet_until"] = _hour(person, quiet_until)
        known = self.sudo().search([("employee_id", "=", person.id)])
        if known:
            known.write(values)
        else:
            self.sudo().create({"employee_id": person.id, **values})


def _hour(person, text):
    if not text:
        return 0.0
    hours, _colon, minutes = text.partition(":")
    if not (hours.isdecimal() and minutes[:2].isdecimal() and len(text) <= 8):
        raise UserError(person.env._("A time looks like 22:00."))
    return min(int(hours) + min(int(minutes[:2]), 59) / 60, HOURS)
