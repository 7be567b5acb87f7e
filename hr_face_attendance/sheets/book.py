"""A workbook that is safe to open, in somebody's language, and prints well."""

import io
from dataclasses import dataclass

import xlsxwriter

from ..rules.sheet import clean, looks_like_formula, sheet_name

A4, LETTER = 9, 1
"""Paper sizes as Excel numbers them (ECMA-376 part 1, 18.3.1.63)."""
HOURS = "[h]:mm"
BOX = {"border": 1, "border_color": "#D9D9D9"}
HEAD = {**BOX, "bold": True, "bg_color": "#E7E6E6", "valign": "top", "text_wrap": True}
FAINT = "#595959"


@dataclass(frozen=True)
class Look:
    """How one reader's sheets look.

    Attributes:
        rtl: from right to left, as in Arabic.
        date: number format of a date, as in "dd/mm/yyyy".
        day: the same without the year.
        paper: A4 or LETTER.
    """

    rtl: bool = False
    date: str = "yyyy-mm-dd"
    day: str = "mm-dd"
    paper: int = A4


class Book:
    """Sheets of one file; every text is written as text, whatever it begins with."""

    def __init__(self, title, look):
        self.look = look
        self._file = io.BytesIO()
        self._book = xlsxwriter.Workbook(self._file, {"in_memory": True})
        self._book.set_properties({"title": clean(title)})
        self._formats = {}
        self._taken = set()

    def sheet(self, name, fallback):
        """A new worksheet; its name is made legal and unique."""
        name = sheet_name(name, self._taken, fallback)
        self._taken.add(name.casefold())
        sheet = self._book.add_worksheet(name)
        if self.look.rtl:
            sheet.right_to_left()
        sheet.set_landscape()
        sheet.set_paper(self.look.paper)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.set_footer("&L&A&R&P / &N")
        return sheet

    def style(self, **properties):
        """A format of xlsxwriter; equal ones are one."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(properties)
        return self._formats[key]

    def text(self, sheet, row, column, text, **style):
        text = clean(text)
        if not text:
            sheet.write_blank(row, column, None, self.style(**style))
            return
        if looks_like_formula(text):  # stays text when somebody edits the cell
            style["quote_prefix"] = True
        sheet.write_string(row, column, text, self.style(**style))

    def title(self, sheet, title, subtitle):
        """The first two rows."""
        self.text(sheet, 0, 0, title, bold=True, font_size=14)
        self.text(sheet, 1, 0, subtitle, font_color=FAINT)

    def close(self):
        """The file as bytes."""
        self._book.close()
        return self._file.getvalue()
