"""The language of cases/*.txt: what a payroll clerk would write down, one line per case.

A file names its zone, its week, its calendars and its shifts; every other line is a case:

    name | calendar | given | seen | attendance | said | asked | days

Times are local. `07:58` is an automatic gate, `>07:58` an entrance, `<17:02` an exit, and
with `!` before it somebody says so; `Tu` or a date before a time holds until the next one;
a second `02:30` of the night is `02:30'`. Attendance is `07:58-17:02`, open `07:58-`, and
without a check-out (zero hours) `07:58-?`. Columns at the end may be left out: without
`asked` nothing may be asked. Two people are told apart by `&` in each column.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path

from attendance_rules.roster import ShiftType

from tests.rules.case import Book, Case, read_case

COLUMNS = ("calendar", "given", "seen", "attendance", "said", "asked", "days")


@dataclass(frozen=True)
class Line:
    """What concerns one person in a line. Read by the test and not when tests are collected,
    so that a fault of the rules fails the case and not the collection."""

    name: str
    columns: dict[str, str]
    book: Book

    def case(self) -> Case:
        return read_case(self.name, self.columns, self.book)


def read(path: Path) -> Iterator[Line]:
    """The cases of a file; a line of two people gives two."""
    words: dict[str, str] = {}
    calendars: dict[str, str] = {"none": ""}
    shifts: dict[str, ShiftType] = {}
    for line in path.read_text().splitlines():
        if "|" in line:
            monday = date.fromisoformat(words["week"])
            yield from _people(line, Book(words["zone"], monday, calendars, shifts))
        elif line.strip() and not line.startswith("#"):
            word, _, rest = line.partition(" ")
            if word == "calendar":
                name, _, hours = rest.strip().partition(" ")
                calendars[name] = hours
            elif word == "shift":
                name, *times = rest.split()
                clocks = [time.fromisoformat(one) for part in times for one in part.split("-")]
                shifts[name] = ShiftType(len(shifts), name, *clocks)
            else:
                words[word] = rest.strip()


def _people(line: str, book: Book) -> Iterator[Line]:
    name, *cells = (cell.strip() for cell in line.split("|"))
    people = max(cell.count("&") for cell in cells) + 1
    for person in range(people):
        own = [cell.split("&")[person].strip() if "&" in cell else cell for cell in cells]
        columns = dict(zip(COLUMNS, own + [""] * 7, strict=False))
        yield Line(f"{name} ({person + 1})" if people > 1 else name, columns, book)
