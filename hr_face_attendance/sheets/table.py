"""A sheet with one line for each thing: people of a range, departments, who came to a session."""

from dataclasses import dataclass

from xlsxwriter.utility import xl_col_to_name

from .book import BOX, HEAD, HOURS

HEAD_ROW = 3
_HEAD_HEIGHT = 32
"""Points: two lines."""
TEXT, WHOLE, DURATION, SHARE, DATE, MOMENT, DECIMAL = (
    *("text", "whole", "duration", "share", "date", "moment", "decimal"),
)


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        kind: TEXT; WHOLE (a number); DURATION (hours, written as [h]:mm); SHARE (0 to 1, written
            as per cent); DATE; MOMENT (a naive local datetime); DECIMAL (two places).
        total: whether a row at the end sums it up.
    """

    title: str
    kind: str = TEXT
    width: int = 12
    total: bool = False


def add_table(book, name, fallback, title, subtitle, columns, rows, total=""):
    """Add a sheet of `rows` (values in the order of `columns`; None stays empty).

    `total` is the word before the sums; without it there are none. Returns the sheet and the
    number of the first free row.
    """
    sheet = book.sheet(name, fallback)
    book.title(sheet, title, subtitle)
    for number, column in enumerate(columns):
        sheet.set_column(number, number, column.width)
        book.text(sheet, HEAD_ROW, number, column.title, **HEAD)
    sheet.set_row(HEAD_ROW, _HEAD_HEIGHT)
    first = HEAD_ROW + 1
    for row, values in enumerate(rows, start=first):
        for number, (column, value) in enumerate(zip(columns, values, strict=True)):
            _write(book, sheet, row, number, column, value)
    after = first + len(rows)
    sheet.freeze_panes(first, 1)
    sheet.autofilter(HEAD_ROW, 0, max(after - 1, first), len(columns) - 1)
    sheet.repeat_rows(HEAD_ROW)
    sheet.fit_to_pages(1, 0)
    if total and rows:
        _sum_up(book, sheet, columns, rows, after, total)
        after += 1
    return sheet, after


def _write(book, sheet, row, number, column, value):
    if value is None:
        sheet.write_blank(row, number, None, book.style(**BOX))
    elif column.kind == TEXT:
        book.text(sheet, row, number, value, **BOX)
    elif column.kind in {DATE, MOMENT}:
        sheet.write_datetime(row, number, value, _style(book, column))
    else:
        sheet.write_number(row, number, _number(column, value), _style(book, column))


def _number(column, value):
    """Spreadsheets count time in days."""
    return value / 24 if column.kind == DURATION else value


def _style(book, column, **more):
    formats = {
        WHOLE: "0",
        DURATION: HOURS,
        SHARE: "0%",
        DECIMAL: "0.00",
        DATE: book.look.date,
        MOMENT: f"{book.look.date} hh:mm",
    }
    return book.style(num_format=formats[column.kind], **BOX, **more)


def _sum_up(book, sheet, columns, rows, after, word):
    line = {"bold": True, "bg_color": "#F2F2F2"}
    for number, column in enumerate(columns):
        if column.total:
            letter = xl_col_to_name(number)
            values = [_number(column, row[number] or 0) for row in rows]
            formula = f"=SUM({letter}{HEAD_ROW + 2}:{letter}{after})"
            sheet.write_formula(after, number, formula, _style(book, column, **line), sum(values))
        else:
            book.text(sheet, after, number, word if number == 0 else "", **BOX, **line)
