"""A sheet of employees × dates: for each person a line of codes and a line of hours."""

from xlsxwriter.utility import xl_range

from ..rules import presence
from ..rules import sheet as rules
from ..rules.day import ABSENT, HOLIDAY, LEAVE, MISSING_PUNCH, PENDING, PRESENT, STILL_IN
from ..rules.presence import LATE
from .book import BOX, FAINT, HEAD, HOURS

WEEKDAY_ROW, DATE_ROW, FIRST_ROW = 2, 3, 4
NAME_COLUMN, LINE_COLUMN, FIRST_COLUMN = 0, 1, 2
_TOTAL = {**BOX, "bold": True, "bg_color": "#F2F2F2"}
HERE = "here"
"""Days of any kind in presence.HERE."""
COUNTED = (HERE, LATE, ABSENT, LEAVE)
"""Columns after the dates, before that of the hours."""
FITS_A_PAGE = 31
_MONTHS_SCALE = 58
"""Per cent at which a month and the names fill a landscape page."""
COLORS = {
    PRESENT: ("#E2F0D9", "#274E13"),
    LATE: ("#FFE699", "#5F4700"),
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
        words: {"employee", "line", "status", "hours", "total", "here", "late", "absent",
            "leave": text}.
        weekdays: seven short names, Monday first.
    """

    def __init__(self, book, dates, codes, words, weekdays):
        self.book, self.dates, self.codes = book, dates, codes
        self.words, self.weekdays = words, weekdays
        self.last_column = FIRST_COLUMN + len(dates) - 1
        self.hours_column = self.last_column + len(COUNTED) + 1
        self._kinds = {
            kind: book.style(bg_color=fill, font_color=ink, align="center", **BOX)
            for kind, (fill, ink) in COLORS.items()
        }
        self._hours = book.style(num_format=HOURS, align="center", font_color="#404040", **BOX)
        self._empty = book.style(**BOX)

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
        for column, word in ((NAME_COLUMN, "employee"), (LINE_COLUMN, "line")):
            book.text(sheet, DATE_ROW, column, self.words[word], **HEAD)
        style = book.style(num_format=date, align="center", **HEAD)
        for column, day in enumerate(self.dates, start=FIRST_COLUMN):
            weekday = self.weekdays[day.weekday()]
            book.text(sheet, WEEKDAY_ROW, column, weekday, align="center", font_color=FAINT)
            sheet.write_datetime(DATE_ROW, column, day, style)
        for column, word in enumerate((*COUNTED, "hours"), start=self.last_column + 1):
            book.text(sheet, DATE_ROW, column, self.words[word], align="center", **HEAD)

    def _person(self, sheet, row, person):
        book = self.book
        book.text(sheet, row, NAME_COLUMN, person.name, bold=True, **BOX)
        book.text(sheet, row, LINE_COLUMN, self.words["status"], **BOX)
        book.text(sheet, row + 1, NAME_COLUMN, person.name, font_color=FAINT, **BOX)
        book.text(sheet, row + 1, LINE_COLUMN, self.words["hours"], font_color=FAINT, **BOX)
        for column, date in enumerate(self.dates, start=FIRST_COLUMN):
            day = person.days.get(date)
            if kind := day and rules.kind_of(day):
                sheet.write_string(row, column, self.codes[kind], self._kinds[kind])
            else:
                sheet.write_blank(row, column, None, self._empty)
            if day and (day.worked_h or day.here):
                sheet.write_number(row + 1, column, day.worked_h / 24, self._hours)
            else:
                sheet.write_blank(row + 1, column, None, self._empty)
        sums = presence.summary(person.days.values())
        line = xl_range(row, FIRST_COLUMN, row, self.last_column)
        for column, what in enumerate(COUNTED, start=self.last_column + 1):
            self._count(sheet, row, column, line, what, counted(sums, what))
        line = xl_range(row + 1, FIRST_COLUMN, row + 1, self.last_column)
        self._sum(sheet, row + 1, self.hours_column, line, sums.worked_h / 24)

    def _totals(self, sheet, people):
        """Present, absent and hours of each date, and of everything."""
        after = FIRST_ROW + 2 * len(people)
        last = after - 1
        for row, what in enumerate((HERE, ABSENT, "hours"), start=after):
            self.book.text(sheet, row, NAME_COLUMN, self.words["total"], **_TOTAL)
            self.book.text(sheet, row, LINE_COLUMN, self.words[what], **_TOTAL)
        for column, date in enumerate(self.dates, start=FIRST_COLUMN):
            sums = presence.summary(person.days[date] for person in people if date in person.days)
            cells = xl_range(FIRST_ROW, column, last, column)
            self._count(sheet, after, column, cells, HERE, sums.here, **_TOTAL)
            self._count(sheet, after + 1, column, cells, ABSENT, sums.absent, **_TOTAL)
            self._sum(sheet, after + 2, column, cells, sums.worked_h / 24, **_TOTAL)
        sums = presence.summary(day for person in people for day in person.days.values())
        for row, what in ((after, HERE), (after + 1, ABSENT)):
            column = self.last_column + 1 + COUNTED.index(what)
            cells = xl_range(FIRST_ROW, column, last, column)
            self._sum(sheet, row, column, cells, counted(sums, what), "0", **_TOTAL)
        cells = xl_range(FIRST_ROW, self.hours_column, last, self.hours_column)
        self._sum(sheet, after + 2, self.hours_column, cells, sums.worked_h / 24, **_TOTAL)

    def _count(self, sheet, row, column, cells, what, value, **style):
        """How many of `cells` hold a code of this kind."""
        kinds = rules.COUNTED_HERE if what == HERE else (what,)
        listed = ",".join(f'"{self.codes[kind]}"' for kind in kinds)
        formula = f"=SUM(COUNTIF({cells},{{{listed}}}))"
        self._formula(sheet, row, column, formula, value, "0", **style)

    def _sum(self, sheet, row, column, cells, value, number=HOURS, **style):
        self._formula(sheet, row, column, f"=SUM({cells})", value, number, **style)

    def _formula(self, sheet, row, column, formula, value, number, **style):
        """With its value, for who does not calculate; zero stays empty."""
        style = self.book.style(num_format=f"{number};;", align="center", **{**BOX, **style})
        sheet.write_formula(row, column, formula, style, value)

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
    """As many of a presence.Summary as the sheet's own formulas count."""
    known = {HERE: sums.here, LATE: sums.late}
    return known.get(what, sums.counts.get(what, 0))
