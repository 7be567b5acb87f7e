from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain


class HrFaceRoster(models.Model):
    """What one person works on one day, whatever their calendar says.

    A day without an entry follows the calendar; an entry without a shift is a day off.
    """

    _name = "hr.face.roster"
    _description = "Roster"
    _order = "date, employee_id, id"

    employee_id = fields.Many2one(
        "hr.employee", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(
        "res.company",
        compute="_compute_company_id",
        store=True,
        precompute=True,
        required=True,
        index=True,
    )
    department_id = fields.Many2one("hr.department", related="employee_id.department_id")
    date = fields.Date(required=True, index=True)
    shift_type_id = fields.Many2one(
        "hr.face.shift.type",
        string="Shift",
        ondelete="restrict",
        check_company=True,
        index="btree_not_null",
        help="Empty: a day off.",
    )
    color = fields.Integer(compute="_compute_color")
    hours = fields.Float(related="shift_type_id.hours", store=True)
    note = fields.Char()

    _one_per_day = models.UniqueIndex(
        "(employee_id, date)", "This person has an entry for that day already."
    )

    @api.depends("employee_id")
    def _compute_company_id(self):
        for entry in self:
            entry.company_id = entry.employee_id.company_id

    @api.depends("shift_type_id.color")
    def _compute_color(self):
        for entry in self:
            entry.color = entry.shift_type_id.color

    @api.depends("employee_id", "shift_type_id")
    def _compute_display_name(self):
        for entry in self:
            shift = entry.shift_type_id.name or self.env._("Day off")
            entry.display_name = f"{entry.employee_id.name}, {shift}"

    @api.model_create_multi
    def create(self, vals_list):
        entries = super().create(vals_list)
        self.env["hr.face.day"]._expected_anew(entries._spans())
        return entries

    def write(self, vals):
        if {"employee_id", "date", "shift_type_id"}.isdisjoint(vals):
            return super().write(vals)
        before = self._spans()
        result = super().write(vals)
        self.env["hr.face.day"]._expected_anew(before + self._spans())
        return result

    def unlink(self):
        before = self._spans()
        result = super().unlink()
        self.env["hr.face.day"]._expected_anew(before)
        return result

    @api.model
    def _plan(self, employees, shifts, overwrite=True):
        """Enter {date: shift type id or None} for each of these people.

        Returns the entries made or changed; what stands there stays unless `overwrite`.
        """
        domain = [("employee_id", "in", employees.ids), ("date", "in", list(shifts))]
        present = {(entry.employee_id, entry.date): entry for entry in self.search(domain)}
        new, changed = [], defaultdict(self.browse)
        for employee in employees:
            for date, shift in shifts.items():
                entry = present.get((employee, date))
                if not entry:
                    new.append({"employee_id": employee.id, "date": date, "shift_type_id": shift})
                elif overwrite and (entry.shift_type_id.id or None) != shift:
                    changed[shift] |= entry
        for shift, entries in changed.items():
            entries.write({"shift_type_id": shift})
        return self.create(new).union(*changed.values())

    @api.model
    def _days(self, employees, start, end):
        """{employee id: {date: shift type or empty}} of entries from date `start` to `end`."""
        days = defaultdict(dict)
        self.flush_model(["employee_id", "date", "shift_type_id"])
        self.env.cr.execute(
            "SELECT employee_id, date, shift_type_id FROM hr_face_roster"
            " WHERE employee_id = ANY(%s) AND date BETWEEN %s AND %s ORDER BY id",
            [employees.ids, start, end],
        )
        browse = self.env["hr.face.shift.type"].sudo().browse
        for employee, date, shift in self.env.cr.fetchall():
            days[employee][date] = browse(shift)
        return days

    def _spans(self):
        """[(employees, first date, last date)] of these entries."""
        return [
            (employee, min(entries.mapped("date")), max(entries.mapped("date")))
            for employee, entries in self.sudo().grouped("employee_id").items()
        ]
