import io

import xlsxwriter
from odoo import models

from .hr_face_import_photo import FAILED

_WIDTHS = (40, 14, 30, 46, 40, 30)


class HrFaceImport(models.Model):
    """The list of what to fix and send again, for a spreadsheet."""

    _inherit = "hr.face.import"

    def _report(self):
        """(name, xlsx bytes) of the photos that failed; no pictures."""
        self.ensure_one()
        self.check_access("read")
        failed = self.env["hr.face.import.photo"].search(
            [("import_id", "=", self.id), ("state", "=", FAILED)]
        )
        words = dict(failed._fields["reason"]._description_selection(self.env))
        lines = [
            [
                photo.name,
                photo.employee_id.sudo().barcode or "",
                photo.employee_id.sudo().name or "",
                words.get(photo.reason, ""),
                photo.detail or "",
                photo.other_id.sudo().name or "",
            ]
            for photo in failed
        ]
        head = [
            self.env._("File"),
            self.env._("Badge"),
            self.env._("Employee"),
            self.env._("Why it failed"),
            self.env._("Details"),
            self.env._("Looks like"),
        ]
        return f"{self.env._('to fix')} {self.id}.xlsx", _workbook(head, lines)


def _workbook(head, lines):
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
        for column, (title, width) in enumerate(zip(head, _WIDTHS, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, title, bold)
        for row, line in enumerate(lines, start=1):
            for column, text in enumerate(line):
                # Names come from a stranger's zip: as text, never as a formula.
                sheet.write_string(row, column, text)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, len(lines), len(head) - 1)
    return file.getvalue()
