from dataclasses import dataclass, field, replace

from odoo import api, models

from ..rules import replay

WHAT_IF = "hr_face_what_if"
"""Context key. Its value counts only if it is a WhatIf, which no client can send."""
ALL = 1_000_000
"""Events of a person in a period: all of them."""


@dataclass(frozen=True)
class WhatIf:
    """Rules and schedules other than the present ones.

    Attributes:
        rules: {name of a rule of res.company: value}.
        calendar: resource.calendar for everybody, or None.
        rosters: {employee id: {date: shift type, empty for a day off}}, or None.
    """

    rules: dict = field(default_factory=dict)
    calendar: object = None
    rosters: dict | None = None


class HrAttendance(models.Model):
    """Deriving a period under other rules, to see the difference or to apply it."""

    _inherit = "hr.attendance"

    @api.model
    def _face_replay(self, employees, start, end, what_if):
        """{employee id: Derived} of what a derivation from `start` to `end` would do.

        Args:
            start, end: naive UTC. Who is in at the end is followed until they leave.
            what_if: WhatIf.
        """
        asked = self.sudo().with_context(**{WHAT_IF: what_if})
        employees = employees.sudo()
        since = {
            employee.id: max(start, asked._face_floor(employee.company_id))
            for employee in employees
        }
        self.env.flush_all()
        befores = asked._face_last_accepted(since)
        events = asked._face_events(since, ALL)
        return asked._face_plan_some(
            employees,
            since,
            befores,
            events,
            asked._face_until(employees, end),
            asked._face_corrections(list(since)),
            None,
        )

    def _face_until(self, employees, end):
        """{employee id: `end`, or the check-out of the row that reaches beyond it}."""
        until = dict.fromkeys(employees.ids, end)
        spanning = self.search(
            [
                ("employee_id", "in", employees.ids),
                ("check_in", "<=", end),
                ("check_out", ">", end),
            ]
        )
        return until | {
            row.employee_id.id: row.check_out.replace(microsecond=999_999) for row in spanning
        }

    @api.model
    def _face_changes(self, plans):
        """{employee: [rules.replay.Change]} of those for whom something would change."""
        found = {
            done.employee: replay.changes(done.rows, done.plan, done.employee._get_tz())
            for done in plans.values()
        }
        return {employee: changes for employee, changes in found.items() if changes}

    @api.model
    def _face_settings(self, employee):
        settings = super()._face_settings(employee)
        what_if = self.env.context.get(WHAT_IF)
        if not isinstance(what_if, WhatIf):
            return settings
        rules = employee.company_id._face_rules(**what_if.rules)
        return replace(rules, locked_through=settings.locked_through)
