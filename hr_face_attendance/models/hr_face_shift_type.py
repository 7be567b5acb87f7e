from datetime import time

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..rules import roster


class HrFaceShiftType(models.Model):
    """A shift that rosters are made of: hours on the clock, in each person's own zone."""

    _name = "hr.face.shift.type"
    _description = "Shift Type"
    _order = "sequence, start, name, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    color = fields.Integer(default=4)
    start = fields.Float(required=True, default=8.0)
    end = fields.Float(
        required=True, default=17.0, help="Not after the start: the shift ends on the next day."
    )
    has_break = fields.Boolean(string="Break")
    break_start = fields.Float(string="Break From", default=12.0)
    break_end = fields.Float(string="Break To", default=13.0)
    overnight = fields.Boolean(compute="_compute_overnight")
    hours = fields.Float(string="Working Hours", compute="_compute_hours", store=True)

    _clock = models.Constraint(
        'CHECK(start >= 0 AND start < 24 AND "end" >= 0 AND "end" <= 24'
        " AND break_start >= 0 AND break_start < 24 AND break_end >= 0 AND break_end <= 24)",
        "Hours lie between 00:00 and 24:00.",
    )

    @api.depends("start", "end")
    def _compute_overnight(self):
        for shift in self:
            shift.overnight = shift.end <= shift.start

    @api.depends("start", "end", "has_break", "break_start", "break_end")
    def _compute_hours(self):
        for shift in self:
            rest = (shift.break_end - shift.break_start) % 24 if shift.has_break else 0
            shift.hours = ((shift.end - shift.start) % 24 or 24) - rest

    @api.constrains("start", "end", "has_break", "break_start", "break_end")
    def _check_break(self):
        for shift in self.filtered("has_break"):
            length = (shift.end - shift.start) % 24 or 24
            begins, ends = ((at - shift.start) % 24 for at in (shift.break_start, shift.break_end))
            if not 0 < begins < ends < length:
                raise ValidationError(
                    self.env._("The break of %s must lie within the shift.", shift.name)
                )

    @api.depends("name", "start", "end")
    def _compute_display_name(self):
        for shift in self:
            hours = f"{_clock_text(shift.start)}–{_clock_text(shift.end)}"
            shift.display_name = f"{shift.name} {hours}" if shift.name else hours

    def write(self, vals):
        result = super().write(vals)
        if not {"start", "end", "has_break", "break_start", "break_end"}.isdisjoint(vals):
            entries = self.env["hr.face.roster"].sudo().search([("shift_type_id", "in", self.ids)])
            self.env["hr.face.day"]._expected_anew(entries._spans())
        return result

    def _rule(self):
        """This type for the rules; a name without hours, for the reason at the gate."""
        self.ensure_one()
        return roster.ShiftType(
            self.id,
            self.name,
            _clock(self.start),
            _clock(self.end),
            _clock(self.break_start) if self.has_break else None,
            _clock(self.break_end) if self.has_break else None,
        )


def _clock(hours):
    """A time of day; 24:00 is the midnight that ends the day."""
    minutes = round(hours * 60) % (24 * 60)
    return time(*divmod(minutes, 60))


def _clock_text(hours):
    return "{:02d}:{:02d}".format(*divmod(round(hours * 60), 60))
