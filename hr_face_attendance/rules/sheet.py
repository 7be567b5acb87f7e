"""What a spreadsheet of employees × dates says: codes of days, names of sheets, due months."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date as Date
from datetime import timedelta

from .day import ABSENT, HOLIDAY, LEAVE, MISSING_PUNCH, PENDING, PRESENT, STILL_IN
from .presence import HERE, LATE, Presence

CODES = {
    PRESENT: "P",
    LATE: "L",
    STILL_IN: "I",
    MISSING_PUNCH: "M",
    ABSENT: "A",
    PENDING: "W",
    LEAVE: "V",
    HOLIDAY: "H",
}
"""Each kind of day and its code in English; a language may have others (`codes`). Days off and
days to come have none: their cells are empty."""
COUNTED_HERE = tuple(kind for kind in CODES if kind in HERE)
"""The kinds that count as present, in the order of CODES."""

SEND_HOUR = 9
"""Local hour from which last month is whole: night shifts of its last day have ended."""
_MOST_NAME = 31
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
_MOST_TEXT = 250
_MOST_MISSED = 12


@dataclass
class Person:
    """A row of the sheet."""

    name: str
    department: str
    days: dict[Date, Presence] = field(default_factory=dict)


def kind_of(presence):
    """The key of CODES for a day, or None. Who came late is late, also while still in."""
    if presence.late_min and presence.state in HERE:
        return LATE
    return presence.state if presence.state in CODES else None


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


def month_after(month):
    """The first day of the month after that of this date."""
    return (month.replace(day=1) + timedelta(days=31)).replace(day=1)


def first_unsent(now, day):
    """The first month (by its first day) to be sent, if it is decided at local time `now` to
    send on each `day` of the month: last month, unless its day is over."""
    month = month_before(now.date())[0]
    return month_after(month) if now.date().day > day else month


def months_due(unsent, now, day):
    """The months to send at local time `now`, by their first days, oldest first.

    Args:
        unsent: first day of the first month that has not been sent.
        day: day of the month from which last month is sent, 1 to 28.

    What was missed by a server that was off comes later, but no more than a year of it.
    """
    due = []
    while (month_after(unsent).replace(day=day), SEND_HOUR) <= (now.date(), now.hour):
        due.append(unsent)
        unsent = month_after(unsent)
    return due[-_MOST_MISSED:]
