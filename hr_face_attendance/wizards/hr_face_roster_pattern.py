from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..rules import roster

LONGEST = timedelta(days=2 * 366)


class HrFaceRosterPattern(models.TransientModel):
    """Repeat a pattern of shifts over a period, for some people or a department."""

    _name = "hr.face.roster.pattern"
    _description = "Repeat a Shift Pattern"

    company_id = fields.Many2one("res.company", default=lambda self: self.env.company)
    pattern_id = fields.Many2one("hr.face.shift.pattern", required=True, check_company=True)
    employee_ids = fields.Many2many("hr.employee", string="Employees", check_company=True)
    department_ids = fields.Many2many("hr.department", string="Departments", check_company=True)
    date_from = fields.Date(
        string="From", required=True, default=lambda self: _monday(fields.Date.today(), 1)
    )
    date_to = fields.Date(
        string="To", required=True, default=lambda self: _monday(fields.Date.today(), 5, -1)
    )
    anchor = fields.Date(
        string="First Day of the Pattern",
        compute="_compute_anchor",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        help="The day on which the pattern begins; it may lie before the period.",
    )
    overwrite = fields.Boolean(
        string="Replace Present Entries", help="Otherwise days that have an entry keep it."
    )

    @api.depends("date_from")
    def _compute_anchor(self):
        for wizard in self:
            wizard.anchor = wizard.date_from

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        for wizard in self:
            if not timedelta() <= wizard.date_to - wizard.date_from <= LONGEST:
                raise ValidationError(
                    self.env._("A period ends after it begins, within two years.")
                )

    def action_plan(self):
        self.ensure_one()
        shifts = roster.expand(self.pattern_id._keys(), self.anchor, self.date_from, self.date_to)
        entries = self.env["hr.face.roster"]._plan(_people(self), shifts, overwrite=self.overwrite)
        return _show(self, entries, self.date_from)


class HrFaceRosterCopy(models.TransientModel):
    """Copy a week of the roster to the weeks that follow."""

    _name = "hr.face.roster.copy"
    _description = "Copy a Week"

    company_id = fields.Many2one("res.company", default=lambda self: self.env.company)
    employee_ids = fields.Many2many("hr.employee", string="Employees", check_company=True)
    department_ids = fields.Many2many("hr.department", string="Departments", check_company=True)
    week = fields.Date(
        string="Week Of", required=True, default=lambda self: _monday(fields.Date.today())
    )
    target = fields.Date(
        string="To the Week Of", required=True, default=lambda self: _monday(fields.Date.today(), 1)
    )
    weeks = fields.Integer(string="Number of Weeks", default=1, required=True)
    overwrite = fields.Boolean(string="Replace Present Entries")

    _some_weeks = models.Constraint(
        "CHECK(weeks BETWEEN 1 AND 104)", "Copy to at least one week and at most two years."
    )

    def action_copy(self):
        self.ensure_one()
        source = _monday(self.week)
        Roster = self.env["hr.face.roster"]
        found = Roster.search(
            [
                ("date", ">=", source),
                ("date", "<", source + timedelta(days=7)),
                ("company_id", "=", self.company_id.id),
                *([("employee_id", "in", _people(self).ids)] if _limited(self) else []),
            ]
        )
        if not found:
            raise UserError(self.env._("Nobody is on the roster in that week."))
        made = Roster.browse()
        for employee, entries in found.grouped("employee_id").items():
            week = {entry.date: entry.shift_type_id.id or None for entry in entries}
            for number in range(self.weeks):
                target = _monday(self.target, number)
                shifts = roster.copied_week(week, source, target)
                made |= Roster._plan(employee, shifts, overwrite=self.overwrite)
        return _show(self, made, _monday(self.target))


def _limited(wizard):
    return wizard.employee_ids or wizard.department_ids


def _people(wizard):
    """The people a wizard names, by themselves or by department."""
    people = wizard.employee_ids | wizard.env["hr.employee"].search(
        [
            ("department_id", "child_of", wizard.department_ids.ids),
            ("company_id", "=", wizard.company_id.id),
        ]
        if wizard.department_ids
        else [(0, "=", 1)]
    )
    if not people:
        raise UserError(wizard.env._("Choose employees or departments."))
    return people


def _show(wizard, entries, date):
    """The roster at `date`, with what was planned said in a notification."""
    action = wizard.env["ir.actions.act_window"]._for_xml_id(
        "hr_face_attendance.action_face_roster"
    )
    return {
        "type": "ir.actions.client",
        "tag": "display_notification",
        "params": {
            "type": "success" if entries else "warning",
            "message": wizard.env._("%s days entered.", len(entries))
            if entries
            else wizard.env._("Nothing to change: every day has its entry."),
            "next": action | {"context": {"initial_date": fields.Date.to_string(date)}},
        },
    }


def _monday(date, weeks=0, days=0):
    """The Monday of the week of `date`, so many weeks and days later."""
    return date - timedelta(days=date.weekday()) + timedelta(weeks=weeks, days=days)
