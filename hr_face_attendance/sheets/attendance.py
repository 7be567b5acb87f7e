"""The workbook of employees × dates: a summary with the legend, everybody, each department."""

from dataclasses import dataclass

from ..rules import presence
from ..rules import sheet as rules
from ..rules.day import ABSENT, HOLIDAY, LEAVE, MISSING_PUNCH
from ..rules.presence import LATE
from .book import Book
from .grid import COLORS, HERE, Grid, counted
from .table import DURATION, SHARE, WHOLE, Column, add_table

_COUNTED = (HERE, LATE, MISSING_PUNCH, ABSENT, LEAVE, HOLIDAY)
"""Kinds of days with a column of their own in the tables."""


@dataclass(frozen=True)
class Words:
    """Every text of the workbook, in the language of who receives it.

    Attributes:
        title, subtitle: at the top of every sheet.
        names: {name of a column or row, or kind of a day: text}.
        codes: {kind of a day: short code}, as the language has them.
        weekdays: seven short names, Monday first.
    """

    title: str
    subtitle: str
    names: dict
    codes: dict
    weekdays: tuple


def attendance_book(people, dates, words, look):
    """The xlsx file as bytes.

    Args:
        people: [rules.sheet.Person], each with days of `dates` only.
        dates: of the columns, without a gap.
    """
    book = Book(words.title, look)
    departments = _departments(people)
    _summary(book, departments, words)
    _everybody(book, departments, words)
    grid = Grid(book, dates, rules.codes(words.codes), words.names, words.weekdays)
    nobodys = words.names["no_department"]
    for name, members in departments:
        title = f"{words.title} · {name or nobodys}"
        grid.add(name, nobodys, title, words.subtitle, members)
    return book.close()


def _departments(people):
    """[(name, people)] by name, those of no department last; people by name."""
    members = {}
    for one in sorted(people, key=lambda one: one.name.casefold()):
        members.setdefault(one.department, []).append(one)
    return sorted(members.items(), key=lambda item: (not item[0], item[0].casefold(), item[0]))


def _summary(book, departments, words):
    names = words.names
    rows = [
        (name or names["no_department"], len(members), *_sums(members))
        for name, members in departments
    ]
    columns = [
        Column(names["department"], width=28),
        Column(names["people"], WHOLE, total=True),
        *_columns(names),
    ]
    sheet, after = add_table(
        book, names["summary"], "1", words.title, words.subtitle, columns, rows, names["total"]
    )
    _legend(book, sheet, after + 2, words)


def _everybody(book, departments, words):
    names = words.names
    rows = [
        (one.name, one.department, *_sums([one])) for _, members in departments for one in members
    ]
    columns = [
        Column(names["employee"], width=28),
        Column(names["department"], width=24),
        *_columns(names),
    ]
    add_table(
        book, names["people"], "2", words.title, words.subtitle, columns, rows, names["total"]
    )


def _columns(names):
    return [
        *(Column(names[kind], WHOLE, total=True) for kind in _COUNTED),
        Column(names["late_min"], WHOLE, total=True),
        Column(names["early_min"], WHOLE, total=True),
        Column(names["hours"], DURATION, total=True),
        Column(names["expected"], DURATION, total=True),
        Column(names["rate"], SHARE),
    ]


def _sums(people):
    days = [day for person in people for day in person.days.values()]
    sums = presence.summary(days)
    early_min = sum(day.early_min for day in days)
    counts = [counted(sums, kind) for kind in _COUNTED]
    return (*counts, sums.late_min, early_min, sums.worked_h, sums.expected_h, sums.rate)


def _legend(book, sheet, row, words):
    book.text(sheet, row, 0, words.names["legend"], bold=True)
    for kind, code in rules.codes(words.codes).items():
        row += 1
        fill, ink = COLORS[kind]
        book.text(sheet, row, 0, words.names[kind])
        book.text(sheet, row, 1, code, bg_color=fill, font_color=ink, align="center")
    book.text(sheet, row + 1, 0, words.names["nothing"], font_color="#595959")
