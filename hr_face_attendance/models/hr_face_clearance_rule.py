from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class HrFaceClearanceRule(models.Model):
    """Who may pass when. A gate that never had a rule lets everyone enrolled pass.

    Rules travel to the bridge, which decides, so that they hold offline. A rule names
    people by person, department or tag (none named: everyone) and a window; the
    window's day is the day on which it starts.
    """

    _name = "hr.face.clearance.rule"
    _description = "Clearance Rule"
    _inherit = ["hr.face.logged"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    gate_ids = fields.Many2many("hr.face.gate", string="Gates", check_company=True, tracking=True)
    department_ids = fields.Many2many(
        "hr.department", string="Departments", check_company=True, tracking=True
    )
    employee_ids = fields.Many2many(
        "hr.employee", string="Employees", check_company=True, tracking=True
    )
    category_ids = fields.Many2many("hr.employee.category", string="Tags", tracking=True)
    monday = fields.Boolean(default=True, tracking=True)
    tuesday = fields.Boolean(default=True, tracking=True)
    wednesday = fields.Boolean(default=True, tracking=True)
    thursday = fields.Boolean(default=True, tracking=True)
    friday = fields.Boolean(default=True, tracking=True)
    saturday = fields.Boolean(default=True, tracking=True)
    sunday = fields.Boolean(default=True, tracking=True)
    hour_from = fields.Float(string="From", default=0.0, tracking=True)
    hour_to = fields.Float(
        string="To",
        default=24.0,
        tracking=True,
        help="Not after the start: the window ends on the next day.",
    )
    summary = fields.Char(compute="_compute_summary")

    _hours_in_a_day = models.Constraint(
        "CHECK(hour_from >= 0 AND hour_from < 24 AND hour_to >= 0 AND hour_to <= 24)",
        "Hours lie between 00:00 and 24:00.",
    )

    @api.constrains(*WEEKDAYS)
    def _check_weekdays(self):
        for rule in self:
            if not any(rule[day] for day in WEEKDAYS):
                raise ValidationError(self.env._("A rule needs at least one day of the week."))

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_it_opens_a_gate(self):
        """Without its last rule a gate would let everyone pass: that must be said at the gate."""
        for gate in self.with_context(active_test=False).gate_ids:
            if not gate.clearance_rule_ids - self:
                raise UserError(
                    self.env._(
                        "This is the last rule of %s: without it everyone may pass there. Archive"
                        " the rule, and nobody may; or take it off the gate first.",
                        gate.display_name,
                    )
                )

    @api.depends("department_ids", "employee_ids", "category_ids", "hour_from", "hour_to")
    def _compute_summary(self):
        for rule in self:
            named = [*rule.department_ids, *rule.category_ids, *rule.employee_ids]
            people = ", ".join(record.display_name for record in named) or self.env._("Everyone")
            rule.summary = self.env._(
                "%(people)s, %(start)s to %(end)s",
                people=people,
                start=_clock(rule.hour_from),
                end=_clock(rule.hour_to),
            )

    def _wire(self):
        """This rule as in wire/config.v1."""
        self.ensure_one()
        named = self.sudo()  # the device gets numbers; it may not read the records behind them
        return {
            "id": self.id,
            "departments": sorted(named.department_ids.ids),
            "employees": sorted(named.employee_ids.ids),
            "tags": sorted(named.category_ids.ids),
            # an archived rule is one that never holds
            "weekdays": [
                number for number, day in enumerate(WEEKDAYS) if self[day] and self.active
            ],
            "from": _clock(self.hour_from),
            "to": _clock(self.hour_to),
        }


def _clock(hours):
    """08:30 for 8.5."""
    minutes = round(hours * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
