from odoo import api, fields, models

from ..rules import clearance
from .hr_face_clearance_rule import WEEKDAYS

MAX_ROWS = 60
"""A rule may name a thousand people; the page shows the first of them and says how many more."""


class HrFaceGate(models.Model):
    """Who may enter when, told before it is tried at the door."""

    _inherit = "hr.face.gate"

    clearance_preview = fields.Json(string="Who May Enter When", compute="_compute_preview")

    @api.depends(
        "clearance_rule_ids.active",
        "clearance_rule_ids.department_ids",
        "clearance_rule_ids.employee_ids",
        "clearance_rule_ids.category_ids",
        "clearance_rule_ids.hour_from",
        "clearance_rule_ids.hour_to",
        *(f"clearance_rule_ids.{day}" for day in WEEKDAYS),
    )
    def _compute_preview(self):
        for gate in self:
            rules = gate._clearance_rules()
            wire = [rule._wire() for rule in rules]
            rows = rules._named_by_them()
            gate.clearance_preview = {
                "rows": [
                    {"kind": kind, "name": name, "week": clearance.week(wire, who)}
                    for kind, name, who in rows[:MAX_ROWS]
                ],
                "more": max(len(rows) - MAX_ROWS, 0),
            }


class HrFaceClearanceRule(models.Model):
    _inherit = "hr.face.clearance.rule"

    def _named_by_them(self):
        """[(kind, name, Who)]: whom these rules name, and everybody else."""
        Who = clearance.Who
        everyone = self.env._("Everyone else") if self else self.env._("Everyone enrolled")
        rows = [("everyone", everyone, Who())]
        for one in self.department_ids:
            rows.append(("department", one.display_name, Who(department=_id(one))))
        for one in self.category_ids:
            rows.append(("tag", one.display_name, Who(tags=frozenset({_id(one)}))))
        for one in self.employee_ids:
            person = one.sudo()  # the gate knows these two of everybody as well
            tags = frozenset(person.category_ids.ids)
            who = Who(_id(one), person.department_id.id, tags)
            rows.append(("employee", one.display_name, who))
        return rows


def _id(record):
    """Also of a record that is being edited."""
    return record._origin.id
