from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain

PRECISION_H = 0.005
"""Durations closer than this are the same (core rounds them to a thousandth of an hour)."""


class HrAttendanceOvertimeLine(models.Model):
    """Extra hours, and whether a person decided about them."""

    _inherit = "hr.attendance.overtime.line"

    face_decided_by_id = fields.Many2one(
        "res.users",
        string="Decided By",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Who approved, refused or changed these extra hours. Empty: nobody, they are as computed.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            vals.pop("face_decided_by_id", None)
            if not _DECISION.isdisjoint(vals):
                vals["face_decided_by_id"] = self.env.uid
        return super().create(vals_list)

    def write(self, vals):
        vals = {name: value for name, value in vals.items() if name != "face_decided_by_id"}
        if _DECISION.isdisjoint(vals):
            return super().write(vals)
        result = super().write(vals | {"face_decided_by_id": self.env.uid})
        # Who decides about the extra hours of a row decides about the row.
        self.sudo()._linked_attendances()._face_derived()._face_fix()
        return result

    @api.model
    def _face_decided(self, domain):
        """Lines that a person decided, of companies that use face attendance."""
        decided = self.search(Domain(domain) & Domain("face_decided_by_id", "!=", False))
        if not decided:
            return decided
        in_use = decided.employee_id.company_id._face_in_use()
        return decided.filtered(lambda line: line.employee_id.company_id in in_use)

    def _face_restore(self, decided):
        """Put decisions back on lines that core has just built anew.

        Args:
            decided: what `_face_decisions` gave before. A decision belongs to employee,
                day and rules. Where the duration is still the same it is restored; where
                it is not, a person has to decide again and is told both values.
        """
        rebuilt = defaultdict(list)
        for line in self.sorted("time_start"):
            rebuilt[_key(line)].append(line)
        changed = []
        for old in decided:
            line = _closest(rebuilt[old["key"]], old)
            if line is not None:
                rebuilt[old["key"]].remove(line)
            if line is not None and abs(line.duration - old["duration"]) < PRECISION_H:
                line._face_put(old["status"], old["manual_duration"], old["by"])
            else:
                if line is not None:
                    line._face_put("to_approve", line.duration, False)
                changed.append((old, line))
        self._face_ask_again(changed)

    def _face_decisions(self):
        """The decided ones of these lines, as plain values that outlive them."""
        return [
            {
                "key": _key(line),
                "time_start": line.time_start,
                "duration": line.duration,
                "manual_duration": line.manual_duration,
                "status": line.status,
                "by": line.face_decided_by_id.id,
            }
            for line in self.sorted("time_start")
            if line.face_decided_by_id
        ]

    def _face_put(self, status, manual_duration, by):
        super().write(
            {"status": status, "manual_duration": manual_duration, "face_decided_by_id": by}
        )
        rows = self._linked_attendances()
        self.env.add_to_compute(rows._fields["overtime_hours"], rows)

    @api.model
    def _face_ask_again(self, changed):
        """An activity per attendance whose decided extra hours came out differently."""
        statuses = dict(self._fields["status"]._description_selection(self.env))
        for old, line in changed:
            attendance = self._face_attendance(old, line)
            if not attendance:
                continue
            note = self.env._(
                "Extra hours of %(employee)s on %(day)s came out differently after another"
                " punch: they were %(before)s (%(decided)s counted, %(status)s) and are"
                " %(after)s now.",
                employee=attendance.employee_id.name,
                day=fields.Date.to_string(old["key"][1]),
                before=_hours(old["duration"]),
                decided=_hours(old["manual_duration"]),
                status=statuses[old["status"]],
                after=_hours(line.duration if line is not None else 0.0),
            )
            self.env["hr.face.task"]._ask(
                attendance,
                attendance.employee_id,
                self.env._("Decide about the extra hours again"),
                note,
                first=self.env["res.users"].browse(old["by"]),
            )

    def _face_attendance(self, old, line):
        """The row an activity is put on: the line's, or the day's last one."""
        if line is not None and (linked := line._linked_attendances()):
            return linked[:1]
        employee, day, _rules = old["key"]
        return self.env["hr.attendance"].search(
            [("employee_id", "=", employee), ("date", "=", day)], order="check_in desc", limit=1
        )


class HrAttendance(models.Model):
    """Core deletes and rebuilds the extra hours of a whole week on every write."""

    _name = "hr.attendance"
    _inherit = ["hr.attendance", "mail.activity.mixin"]

    def _update_overtime(self, attendance_domain=None):
        """Decisions of people survive, where the company uses face attendance."""
        if self._face_defers_overtime():
            return
        domain = attendance_domain or self._get_overtimes_to_update_domain()
        Line = self.env["hr.attendance.overtime.line"].sudo()
        decided = Line._face_decided(domain)._face_decisions()
        super()._update_overtime(attendance_domain)
        if decided:
            self.invalidate_model(["linked_overtime_ids"])
            Line.search(domain)._face_restore(decided)


_DECISION = frozenset({"status", "manual_duration"})


def _key(line):
    return line.employee_id.id, line.date, tuple(sorted(line.rule_ids.ids))


def _closest(lines, old):
    """Of the lines with the decision's key: the one with its hours, else with its start."""
    return min(
        lines,
        key=lambda line: (
            abs(line.duration - old["duration"]) >= PRECISION_H,
            line.time_start != old["time_start"],
        ),
        default=None,
    )


def _hours(value):
    minutes = round(abs(value) * 60)
    return f"{'-' if value < 0 else ''}{minutes // 60}:{minutes % 60:02d}"
