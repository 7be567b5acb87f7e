"""What a spreadsheet of employees × dates says: codes of days, sums, names of sheets, due months."""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from datetime import date as Date
from datetime import timedelta

from .day import ABSENT, HOLIDAY, LEAVE, MISSING_PUNCH, PENDING, PRESENT, STILL_IN

ON_TIME, LATE, LEFT_EARLY = "on_time", "late", "left_early"
CODES = {
    ON_TIME: "P",
    LATE: "L",
    LEFT_EARLY: "E",
    STILL_IN: "I",
    MISSING_PUNCH: "M",
    ABSENT: "A",
    PENDING: "W",
    LEAVE: "V",
    HOLIDAY: "H",
}
"""Each kind of day and its code in English; a language may have others (`codes`)."""
HERE = (ON_TIME, LATE, LEFT_EARLY, STILL_IN, MISSING_PUNCH)
"""The kinds that count as present."""

SEND_HOUR = 9
"""Local hour from which last month is whole: night shifts of its last day have ended."""
_MOST_NAME = 31
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
_MOST_TEXT = 250
_MOST_MISSED = 12


@dataclass(frozen=True)
class Day:
    """One person's day as a sheet shows it; `kind` is a key of CODES, hours are hours."""

    kind: str
    worked_h: float = 0.0
    expected_h: float = 0.0
    late_min: int = 0


@dataclass
class Person:
    """A row of the sheet. Dates about which there is nothing to say have no Day."""

    name: str
    department: str
    days: dict[Date, Day] = field(default_factory=dict)


@dataclass(frozen=True)
class Sums:
    """What the days of one person, or of many, come to.

    Attributes:
        kinds: how many days of each kind.
        present: days of the kinds in HERE.
        rate: share of the days on which somebody should have come, and came or not; None if
            there were none.
    """

    kinds: Counter
    worked_h: float
    expected_h: float
    late_min: int

    @property
    def present(self):
        return sum(self.kinds[kind] for kind in HERE)

    @property
    def rate(self):
        known = self.present + self.kinds[ABSENT]
        return self.present / known if known else None


def kind_of(status, late_min, early_min):
    """The kind of a day with this status (rules.day.STATUSES without OFF)."""
    if status == PRESENT:
        return LATE if late_min else LEFT_EARLY if early_min else ON_TIME
    if status == STILL_IN:
        return LATE if late_min else STILL_IN
    return status


def sums(days):
    """The Sums of some Days."""
    days = list(days)
    return Sums(
        Counter(day.kind for day in days),
        sum(day.worked_h for day in days),
        sum(day.expected_h for day in days),
        sum(day.late_min for day in days),
    )


def codes(translated):
    """A code for each kind: those of a language if each is short and tells its kind from all
    others (spreadsheets count them without regard to case), else those of CODES."""
    own = {kind: clean(translated.get(kind, "")) for kind in CODES}
    told_apart = len({code.casefold() for code in own.values()}) == len(own)
    legible = all(code.isalnum() and len(code) <= 3 for code in own.values())
    return own if told_apart and legible else dict(CODES)


def clean(text):
    """Text that a cell may hold: without control characters and of bounded length."""
    kept = (sign for sign in str(text or "") if unicodedata.category(sign) not in _UNWRITABLE)
    return "".join(kept)[:_MOST_TEXT].strip()


_UNWRITABLE = {"Cc", "Cs", "Cn", "Co"}


def looks_like_formula(text):
    """Whether a spreadsheet would calculate this text if somebody typed it, or a CSV held it."""
    return text[:1] in {"=", "+", "-", "@", "\t", "\r"}


def sheet_name(text, taken, fallback):
    """A name that spreadsheets take, and that none in `taken` (casefolded names) has.

    The rules are Excel's: 31 UTF-16 units, none of `[]:*?/\\`, no apostrophe at either end,
    not "History", and no two names that differ only in case.
    """
    text = _FORBIDDEN.sub("-", clean(text)).strip(" '") or fallback
    if text.casefold() == "history":
        text += "_"
    name, number = _cut(text, _MOST_NAME), 1
    while name.casefold() in taken:
        number += 1
        ending = f" ({number})"
        name = _cut(text, _MOST_NAME - len(ending)) + ending
    return name


def _cut(text, most):
    """At most so many UTF-16 units, and no half of a sign."""
    raw = text.encode("utf-16-le")[: 2 * most]
    return raw.decode("utf-16-le", errors="ignore").rstrip(" '")


def dates_between(first, last):
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def month_starts(dates):
    """Positions in `dates` at which another month begins, the first one left out."""
    return [number for number, date in enumerate(dates) if date.day == 1 and number]


def month_before(date):
    """(first, last) day of the month before this date."""
    last = date.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


def first_unsent(now, day):
    """The first month (by its first day) that is to be sent if it is decided at local time
    `now` to send on each `day` of the month: last month unless its time has come and gone."""
    month = month_before(now.date())[0]
    return _next(month) if now.date().day > day else month


def months_due(unsent, now, day):
    """The months to send at local time `now`, oldest first.

    Args:
        unsent: first day of the first month that has not been sent.
        day: day of the month from which last month is sent, 1 to 28.

    What a server missed that was off comes later, and at most a year of it.
    """
    due = []
    month = unsent
    while True:
        following = _next(month)
        time = following.replace(day=day)
        if (now.date(), now.hour) < (time, SEND_HOUR):
            return due[-_MOST_MISSED:]
        due.append(month)
        month = following


def _next(month):
    return (month + timedelta(days=31)).replace(day=1)
