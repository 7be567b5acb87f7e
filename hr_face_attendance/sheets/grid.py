"""A sheet of employees × dates: for each person a line of codes and a line of hours."""

from xlsxwriter.utility import xl_range

from ..rules import sheet as rules
from ..rules.day import ABSENT, HOLIDAY, LEAVE, MISSING_PUNCH, PENDING, STILL_IN
from .book import HOURS

WEEKDAY_ROW, DATE_ROW, FIRST_ROW = 2, 3, 4
NAME_COLUMN, LINE_COLUMN, FIRST_COLUMN = 0, 1, 2
COUNTED = ("present", rules.LATE, ABSENT, LEAVE)
"""Columns after the dates, before that of the hours."""
FITS_A_PAGE = 31
_MONTHS_SCALE = 58
"""Per cent at which a month and the names fill a landscape page."""
COLORS = {
    rules.ON_TIME: ("#E2F0D9", "#274E13"),
    rules.LATE: ("#FFE699", "#5F4700"),
    rules.LEFT_EARLY: ("#FFF2CC", "#5F4700"),
    STILL_IN: ("#DDEBF7", "#1F3864"),
    MISSING_PUNCH: ("#F8CBAD", "#6B2A00"),
    ABSENT: ("#F4B6B6", "#6B0000"),
    PENDING: ("#EDEDED", "#404040"),
    LEAVE: ("#E4DFEC", "#3F3151"),
    HOLIDAY: ("#D9D9D9", "#262626"),
}


class Grid:
    """Writes such sheets into a book, all for the same dates and in the same words.

    Args:
        dates: of the columns, without a gap.
        codes: {kind of a day: its code}, as of `rules.sheet.codes`.
        words: {"employee", "line", "status", "hours", "total", "present", "late", "absent",
            "leave": text}.
        weekdays: seven short names, Monday first.
    """

    def __init__(self, book, dates, codes, words, weekdays):
        self.book, self.dates, self.codes = book, dates, codes
        self.words, self.weekdays = words, weekdays
        self.last_column = FIRST_COLUMN + len(dates) - 1
        self.hours_column = self.last_column + len(COUNTED) + 1
        self._kinds = {
            kind: book.style(bg_color=fill, font_color=ink, align="center")
            for kind, (fill, ink) in COLORS.items()
        }
        self._hours = book.style(num_format=HOURS, align="center", font_color="#404040")

    def add(self, name, fallback, title, subtitle, people):
        """A sheet of these people; returns its name."""
        sheet = self.book.sheet(name, fallback)
        self.book.title(sheet, title, subtitle)
        self._head(sheet)
        for number, person in enumerate(people):
            self._person(sheet, FIRST_ROW + 2 * number, person)
        if people:
            self._totals(sheet, people)
        last_row = FIRST_ROW + 2 * len(people) - 1
        sheet.autofilter(DATE_ROW, NAME_COLUMN, max(last_row, FIRST_ROW), LINE_COLUMN)
        sheet.freeze_panes(FIRST_ROW, FIRST_COLUMN)
        self._paper(sheet)
        return sheet.get_name()

    def _head(self, sheet):
        book, date = self.book, self.book.look.day
        sheet.set_column(NAME_COLUMN, NAME_COLUMN, 26)
        sheet.set_column(LINE_COLUMN, LINE_COLUMN, 9)
        sheet.set_column(FIRST_COLUMN, self.last_column, 6)
        sheet.set_column(self.last_column + 1, self.hours_column, 9)
        head = {"bold": True, "bg_color": "#E7E6E6", "border": 1, "border_color": "#BFBFBF"}
        for column, word in ((NAME_COLUMN, "employee"), (LINE_COLUMN, "line")):
            book.text(sheet, DATE_ROW, column, self.words[word], **head)
        style = book.style(num_format=date, align="center", **head)
        for column, day in enumerate(self.dates, start=FIRST_COLUMN):
            weekday = self.weekdays[day.weekday()]
            book.text(sheet, WEEKDAY_ROW, column, weekday, align="center", font_color="#595959")
            sheet.write_datetime(DATE_ROW, column, day, style)
        for column, word in enumerate((*COUNTED, "hours"), start=self.last_column + 1):
            book.text(sheet, DATE_ROW, column, self.words[word], align="center", **head)

    def _person(self, sheet, row, person):
        book = self.book
        book.text(sheet, row, NAME_COLUMN, person.name, bold=True)
        book.text(sheet, row, LINE_COLUMN, self.words["status"])
        book.text(sheet, row + 1, NAME_COLUMN, person.name, font_color="#7F7F7F")
        book.text(sheet, row + 1, LINE_COLUMN, self.words["hours"], font_color="#7F7F7F")
        for column, date in enumerate(self.dates, start=FIRST_COLUMN):
            if day := person.days.get(date):
                sheet.write_string(row, column, self.codes[day.kind], self._kinds[day.kind])
                if day.worked_h or day.kind in rules.HERE:
                    sheet.write_number(row + 1, column, day.worked_h / 24, self._hours)
        sums = rules.sums(person.days.values())
        line = xl_range(row, FIRST_COLUMN, row, self.last_column)
        for column, what in enumerate(COUNTED, start=self.last_column + 1):
            self._count(sheet, row, column, line, what, counted(sums, what))
        line = xl_range(row + 1, FIRST_COLUMN, row + 1, self.last_column)
        self._sum(sheet, row + 1, self.hours_column, line, sums.worked_h / 24)

    def _totals(self, sheet, people):
        """Present, absent and hours of each date, and of everything."""
        after = FIRST_ROW + 2 * len(people)
        last = after - 1
        for row, what in enumerate(("present", ABSENT, "hours"), start=after):
            self.book.text(sheet, row, NAME_COLUMN, self.words["total"], bold=True)
            self.book.text(sheet, row, LINE_COLUMN, self.words[what], bold=True)
        for column, date in enumerate(self.dates, start=FIRST_COLUMN):
            sums = rules.sums(person.days[date] for person in people if date in person.days)
            cells = xl_range(FIRST_ROW, column, last, column)
            self._count(sheet, after, column, cells, "present", sums.present, bold=True)
            self._count(sheet, after + 1, column, cells, ABSENT, sums.kinds[ABSENT], bold=True)
            self._sum(sheet, after + 2, column, cells, sums.worked_h / 24, bold=True)
        sums = rules.sums(day for person in people for day in person.days.values())
        for row, what in ((after, "present"), (after + 1, ABSENT)):
            column = self.last_column + 1 + COUNTED.index(what)
            cells = xl_range(FIRST_ROW, column, last, column)
            self._sum(sheet, row, column, cells, counted(sums, what), "0", bold=True)
        cells = xl_range(FIRST_ROW, self.hours_column, last, self.hours_column)
        self._sum(sheet, after + 2, self.hours_column, cells, sums.worked_h / 24, bold=True)

    def _count(self, sheet, row, column, cells, what, value, **style):
        """How many of `cells` hold a code of this kind; SUMPRODUCT, because LibreOffice counts
        only the first code of a list elsewhere."""
        kinds = rules.HERE if what == "present" else (what,)
        listed = ",".join(f'"{self.codes[kind]}"' for kind in kinds)
        formula = f"=SUMPRODUCT(COUNTIF({cells},{{{listed}}}))"
        style = self.book.style(num_format="0", align="center", **style)
        sheet.write_formula(row, column, formula, style, value)

    def _sum(self, sheet, row, column, cells, value, number=HOURS, **style):
        style = self.book.style(num_format=number, align="center", **style)
        sheet.write_formula(row, column, f"=SUM({cells})", style, value)

    def _paper(self, sheet):
        sheet.repeat_rows(WEEKDAY_ROW, DATE_ROW)
        sheet.repeat_columns(NAME_COLUMN, LINE_COLUMN)
        if len(self.dates) <= FITS_A_PAGE:
            sheet.fit_to_pages(1, 0)
        else:  # a year on the width of one page cannot be read: a page for each month
            starts = rules.month_starts(self.dates)
            sheet.set_print_scale(_MONTHS_SCALE)
            sheet.set_v_pagebreaks([FIRST_COLUMN + start for start in starts])


def counted(sums, what):
    return sums.present if what == "present" else sums.kinds[what]
