from odoo import api, fields, models
from odoo.exceptions import ValidationError


class HrFaceShiftPattern(models.Model):
    """Shifts that repeat after any number of days: "4 on, 2 off", "early, late, night week"."""

    _name = "hr.face.shift.pattern"
    _description = "Shift Pattern"
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    line_ids = fields.One2many("hr.face.shift.pattern.line", "pattern_id", string="Days", copy=True)
    day_count = fields.Integer(string="Repeats After (days)", compute="_compute_day_count")

    @api.depends("line_ids")
    def _compute_day_count(self):
        for pattern in self:
            pattern.day_count = len(pattern.line_ids)

    @api.constrains("line_ids")
    def _check_line_ids(self):
        for pattern in self:
            if not 1 <= len(pattern.line_ids) <= 366:
                raise ValidationError(self.env._("A pattern has from 1 to 366 days."))

    def _keys(self):
        """Shift type ids, or None for a day off, in order: the pattern for rules.roster."""
        self.ensure_one()
        return [line.shift_type_id.id or None for line in self.line_ids.sorted("sequence")]


class HrFaceShiftPatternLine(models.Model):
    _name = "hr.face.shift.pattern.line"
    _description = "Day of a Shift Pattern"
    _order = "sequence, id"

    pattern_id = fields.Many2one(
        "hr.face.shift.pattern", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="pattern_id.company_id")
    sequence = fields.Integer(default=10)
    shift_type_id = fields.Many2one(
        "hr.face.shift.type",
        string="Shift",
        ondelete="restrict",
        check_company=True,
        help="Empty: a day off.",
    )
