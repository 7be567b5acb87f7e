from odoo import fields, models

from ..sheets.table import SHARE, Column


class HrFaceRollCall(models.Model):
    """The result as a spreadsheet."""

    _inherit = "hr.face.roll.call"

    def _sheet(self):
        """(name, xlsx bytes) of what this user may see; before it is confirmed, as it stands."""
        self.ensure_one()
        self.check_access("read")
        people = {one.employee_id.id: one for one in self._shown_people()}
        lines = self.sudo()._result(people)
        present = sum(line.present for line in lines)
        counts = self.env._(
            "%(present)s present, %(absent)s absent", present=present, absent=len(lines) - present
        )
        columns = [
            Column(self.env._("Employee"), width=34),
            Column(self.env._("Department"), width=26),
            Column(self.env._("Status")),
            Column(self.env._("Expected")),
            Column(self.env._("Similarity"), SHARE),
            Column(self.env._("By Hand")),
        ]
        rows = [self._row(line, people[line.employee]) for line in lines]
        sheets = self.env["hr.face.sheet"].with_company(self.company_id)
        content = sheets._list_book(self.name, counts, columns, rows, self.env._("Roll call"))
        when = fields.Datetime.context_timestamp(self, self.taken_at)
        return f"{self.env._('Roll call')} {when:%Y-%m-%d %H%M}.xlsx", content

    def _row(self, line, person):
        yes = self.env._("Yes")
        return [
            person.name,
            person.department_id.sudo().name or None,
            self.env._("Present") if line.present else self.env._("Absent"),
            yes if line.expected else None,
            line.similarity or None,
            yes if line.by_hand else None,
        ]
