from datetime import UTC, datetime, time, timedelta

import pytz
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..models.hr_attendance_replay import WHAT_IF, WhatIf
from ..models.res_company_rules import RULES
from ..rules import roster

LONGEST = timedelta(days=366)
SUPPOSED = (
    *("company_id", "date_from", "date_to", "employee_ids", "department_ids", "hours_of"),
    *("calendar_id", "pattern_id", "face_tolerance_min", *RULES),
)
"""What the difference depends on."""


def _rule(name):
    """A field like the company's; empty in the database until the company is known."""
    return {
        "compute": "_compute_rules",
        "store": True,
        "readonly": False,
        "string": name,
        "precompute": True,
    }


class HrFaceReplay(models.TransientModel):
    """What if: derive a period again, look at the difference, then apply it or not.

    Fixed points and closed days never change. Under the company's own rules the result is
    what the derivation would write anyhow; under others, the rows that change become a
    decision of whoever applies it, unless the rules become the company's.
    """

    _name = "hr.face.replay"
    _description = "Replay a Period"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    date_from = fields.Date(
        string="From", required=True, default=lambda self: fields.Date.today() - timedelta(days=7)
    )
    date_to = fields.Date(string="To", required=True, default=fields.Date.today)
    employee_ids = fields.Many2many("hr.employee", string="Employees", check_company=True)
    department_ids = fields.Many2many("hr.department", string="Departments", check_company=True)
    face_refractory_s = fields.Integer(**_rule("Double Punches Within"))
    face_max_stay_h = fields.Float(**_rule("Longest Stay"))
    face_early_h = fields.Float(**_rule("Arriving Up To"))
    face_late_h = fields.Float(**_rule("Leaving Up To"))
    face_leaving_min = fields.Integer(**_rule("Leaving, Not Arriving"))
    face_too_early_min = fields.Integer(**_rule("Flag Check-Ins Before"))
    face_too_late_min = fields.Integer(**_rule("Flag Check-Outs After"))
    face_tolerance_min = fields.Integer(**_rule("Tolerance"))
    hours_of = fields.Selection(
        [
            ("own", "As planned"),
            ("calendar", "Another working schedule"),
            ("pattern", "A shift pattern"),
        ],
        string="Hours",
        required=True,
        default="own",
    )
    calendar_id = fields.Many2one(
        "resource.calendar", string="Working Schedule", check_company=True
    )
    pattern_id = fields.Many2one("hr.face.shift.pattern", check_company=True)
    adopt = fields.Boolean(
        string="Make These the Company's Rules",
        help="From now on too. Otherwise the rows that change are kept as decided by you.",
    )
    other_rules = fields.Boolean(compute="_compute_other_rules")
    compared = fields.Boolean(readonly=True)
    line_ids = fields.One2many("hr.face.replay.line", "replay_id", readonly=True)
    summary = fields.Char(compute="_compute_summary")

    @api.depends("company_id")
    def _compute_rules(self):
        for replay in self:
            for name in (*RULES, "face_tolerance_min"):
                replay[name] = replay.company_id[name]

    @api.depends("company_id", *RULES, "face_tolerance_min")
    def _compute_other_rules(self):
        for replay in self:
            replay.other_rules = any(
                replay[name] != replay.company_id[name] for name in (*RULES, "face_tolerance_min")
            )

    @api.depends("line_ids", "compared")
    def _compute_summary(self):
        for replay in self:
            moved = replay.line_ids.filtered("difference_h")
            replay.summary = replay.compared and (
                self.env._(
                    "%(days)s days of %(people)s people would change, by %(hours)+.2f hours in all.",
                    days=len(replay.line_ids),
                    people=len(replay.line_ids.employee_id),
                    hours=sum(moved.mapped("difference_h")),
                )
                if replay.line_ids
                else self.env._("No difference.")
            )

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        for replay in self:
            if not timedelta() <= replay.date_to - replay.date_from <= LONGEST:
                raise ValidationError(self.env._("A period ends after it begins, within a year."))

    @api.constrains("hours_of", "calendar_id", "pattern_id")
    def _check_hours(self):
        for replay in self:
            if replay.hours_of != "own" and not replay[f"{replay.hours_of}_id"]:
                raise ValidationError(self.env._("Choose the hours to suppose."))

    @api.onchange(*SUPPOSED)
    def _onchange_supposed(self):
        """What is shown no longer belongs to what is asked."""
        self.compared = False

    def write(self, vals):
        if not set(SUPPOSED).isdisjoint(vals):
            vals = vals | {"compared": False}
        return super().write(vals)

    def action_compare(self):
        """Show the difference; nothing is written but the lines of this wizard."""
        self.ensure_one()
        self.check_access("write")
        self.line_ids.sudo().unlink()
        self.env["hr.face.replay.line"].sudo().create(self._differences(self._plans()))
        self.compared = True
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Replay"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    def action_apply(self):
        """Derive anew and write the difference, on the path of every derivation."""
        self.ensure_one()
        self.check_access("write")
        if not self.compared:
            raise UserError(self.env._("Look at the difference first."))
        people = self._people().sudo()
        self.env["hr.face.presence"].sudo()._touch(people.ids)
        plans = self._plans()
        self._keep_suppositions(people)
        Attendance = self.env["hr.attendance"].sudo()
        changed = Attendance._face_changes(plans)
        derived = {one: done for one, done in plans.items() if done.employee in changed}
        if derived:
            rows = Attendance._face_carry_out(derived)
            if self._is_decision():
                rows._face_fix()
            Attendance._face_derive({employee: self._span()[1] for employee in changed})
        dates = frozenset(self._dates())
        self.env["hr.face.day"].sudo()._keep(dict.fromkeys(people.ids, dates))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if changed else "info",
                "message": self.env._("Applied: %s people have other hours.", len(changed))
                if changed
                else self.env._("No hours changed."),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _is_decision(self):
        """Whether what is applied would not follow from the company's rules by itself."""
        return self.hours_of == "calendar" or (self.other_rules and not self.adopt)

    def _keep_suppositions(self, people):
        """A pattern becomes the roster, adopted rules become the company's."""
        if self.hours_of == "pattern":
            self.env["hr.face.roster"].sudo()._plan(people, self._pattern_days())
        if self.adopt and self.other_rules:
            self.company_id.sudo().write(
                {name: self[name] for name in (*RULES, "face_tolerance_min")}
            )

    def _plans(self):
        start, end = self._span()
        people = self._people()
        what_if = self._what_if(people)
        return self.env["hr.attendance"].sudo()._face_replay(people, start, end, what_if)

    def _what_if(self, people):
        rosters = None
        if self.hours_of == "pattern":
            days = self._pattern_days()
            types = self.env["hr.face.shift.type"].sudo()
            rosters = self.env["hr.face.roster"]._days(
                people, self.date_from - timedelta(days=7), self.date_to + timedelta(days=7)
            )
            for employee in people.ids:
                rosters[employee] |= {day: types.browse(key) for day, key in days.items()}
        return WhatIf(
            {name: self[name] for name in RULES},
            self.calendar_id.sudo() if self.hours_of == "calendar" else None,
            rosters,
        )

    def _pattern_days(self):
        return roster.expand(self.pattern_id._keys(), self.date_from, self.date_from, self.date_to)

    def _people(self):
        domain = [("company_id", "=", self.company_id.id)]
        if self.department_ids:
            domain.append(("department_id", "child_of", self.department_ids.ids))
        people = self.employee_ids
        if not people or self.department_ids:
            people |= self.env["hr.employee"].with_context(active_test=False).search(domain)
        return people

    def _span(self):
        """(start, end) of the period, naive UTC, in the company's zone."""
        tz = pytz.timezone(self.company_id.resource_calendar_id.tz or "UTC")
        start, end = (
            tz.localize(datetime.combine(day, time.min)).astimezone(UTC).replace(tzinfo=None)
            for day in (self.date_from, self.date_to + timedelta(days=1))
        )
        return start, end - timedelta(microseconds=1)

    def _dates(self):
        days = (self.date_to - self.date_from).days + 1
        return [self.date_from + timedelta(days=number) for number in range(days)]
