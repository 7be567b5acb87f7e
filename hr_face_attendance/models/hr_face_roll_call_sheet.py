import io

import xlsxwriter
from odoo import fields, models

_WIDTHS = (34, 26, 14, 12, 14, 14)


class HrFaceRollCall(models.Model):
    """The result as a spreadsheet."""

    _inherit = "hr.face.roll.call"

    def _sheet(self):
        """(name, xlsx bytes) of what this user may see; before it is confirmed, as it stands."""
        self.ensure_one()
        self.check_access("read")
        people = {one.employee_id.id: one for one in self._nameable()}
        lines = self.sudo()._result(people)
        rows = [self._row(line, people[line.employee]) for line in lines]
        head = [
            self.env._("Employee"),
            self.env._("Department"),
            self.env._("Status"),
            self.env._("Expected"),
            self.env._("Similarity"),
            self.env._("By Hand"),
        ]
        totals = [
            self.env._("%s present", sum(line.present for line in lines)),
            self.env._("%s absent", sum(not line.present for line in lines)),
        ]
        when = fields.Datetime.context_timestamp(self, self.taken_at)
        title = f"{self.name} · {totals[0]} · {totals[1]}"
        rtl = self.env["res.lang"]._get_data(code=self.env.lang or "en_US").direction == "rtl"
        return f"{self.env._('Roll call')} {when:%Y-%m-%d %H%M}.xlsx", _book(title, head, rows, rtl)

    def _row(self, line, person):
        yes, no = self.env._("Yes"), ""
        return [
            person.name,
            person.department_id.sudo().name or "",
            self.env._("Present") if line.present else self.env._("Absent"),
            yes if line.expected else no,
            line.similarity or "",
            yes if line.by_hand else no,
        ]


def _book(title, head, rows, rtl):
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        bold, number = book.add_format({"bold": True}), book.add_format({"num_format": "0.000"})
        sheet.write_string(0, 0, title, bold)
        for column, (name, width) in enumerate(zip(head, _WIDTHS, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(1, column, name, bold)
        for row, cells in enumerate(rows, start=2):
            for column, cell in enumerate(cells):
                if isinstance(cell, float):
                    sheet.write_number(row, column, cell, number)
                else:
                    # Names as text, never as a formula.
                    sheet.write_string(row, column, cell)
        sheet.freeze_panes(2, 1)
        sheet.autofilter(1, 0, 1 + len(rows), len(head) - 1)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(1)
        if rtl:
            sheet.right_to_left()
    return file.getvalue()
