"""Rosters: a shift per person and local day, in place of what the calendar says of that day."""

from dataclasses import dataclass
from datetime import time

from .local import DAY, date_of, moment_of
from .schedule import grouped, merge


@dataclass(frozen=True)
class ShiftType:
    """A shift in local time. An `end` not after `start` is on the next day; so is what of the
    break comes before `start`. A break needs both its times."""

    key: int
    name: str
    start: time
    end: time
    break_start: time | None = None
    break_end: time | None = None


def day_pieces(date, shift_type, tz):
    """[(start, end)] in UTC of the shift that starts on this local date; [] for None, a day off.

    A break that does not lie within the shift is none.
    """
    if not shift_type:
        return []
    first = shift_type.start
    start = moment_of(date, first, tz)
    end = moment_of(date + DAY if shift_type.end <= first else date, shift_type.end, tz)
    if shift_type.break_start is None or shift_type.break_end is None:
        return merge([(start, end)])
    away, back = (
        moment_of(date + DAY if clock < first else date, clock, tz)
        for clock in (shift_type.break_start, shift_type.break_end)
    )
    within = start <= away <= back <= end
    return merge([(start, away), (back, end)] if within else [(start, end)])


def expand(pattern, anchor, start, end):
    """{date: key or None} from `start` to `end` inclusive, by repeating `pattern`.

    Args:
        pattern: shift keys of consecutive days, None for a day off; any length.
        anchor: a date on which the pattern begins; days before it count backwards.
    """
    if not pattern:
        return {}
    days = (start + DAY * number for number in range((end - start).days + 1))
    return {day: pattern[(day - anchor).days % len(pattern)] for day in days}


def copied_week(entries, from_monday, to_monday):
    """{date: key} of the seven days from `from_monday` on, moved to those from `to_monday` on."""
    week = range(7)
    return {
        to_monday + DAY * number: entries[from_monday + DAY * number]
        for number in week
        if from_monday + DAY * number in entries
    }


def override(pieces, days, tz):
    """The calendar's `pieces` with the roster's `days` in their place; sorted and merged.

    Args:
        days: {local date: pieces of the shift that starts on it, [] for a day off}. A night
            shift belongs to the day it starts, so the morning after it goes with it.
    """
    kept = [
        piece
        for group in grouped(pieces)
        if date_of(group[0][0], tz) not in days
        for piece in group
    ]
    return merge(kept + [piece for day in days.values() for piece in day])
