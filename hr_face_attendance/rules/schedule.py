"""Work intervals of one person as shifts, in UTC.

Odoo's calendars know lines of hours within a day; people know shifts. A shift here is
what is worked together: 08–12 and 13–17 are one shift with a break, 22–24 and 00–06
are one shift over midnight.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta

MIDNIGHT_GAP = timedelta(seconds=1)
"""Odoo gives 24:00 back as 23:59:59.999999; what is closer than this belongs together."""
BREAK_LIMIT = timedelta(hours=4)
"""Two pieces of work further apart than this are two shifts, not one with a break."""


@dataclass(frozen=True)
class Shift:
    """Aware UTC datetimes; `pieces` are the (start, end) worked, sorted."""

    start: datetime
    end: datetime
    pieces: tuple[tuple[datetime, datetime], ...]

    def is_break(self, at):
        """Whether `at` lies between two pieces."""
        return self.start <= at <= self.end and not any(a <= at < b for a, b in self.pieces)


def merge(intervals):
    """Sorted, overlapping or adjoining (start, end) pairs joined."""
    merged = []
    for start, end in sorted(intervals):
        if merged and start - merged[-1][1] <= MIDNIGHT_GAP:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        elif start < end:
            merged.append((start, end))
    return merged


class Schedule:
    """The shifts of one person, sorted."""

    def __init__(self, intervals=()):
        groups = []
        for piece in merge(intervals):
            if groups and piece[0] - groups[-1][-1][1] <= BREAK_LIMIT:
                groups[-1].append(piece)
            else:
                groups.append([piece])
        self.shifts = [Shift(group[0][0], group[-1][1], tuple(group)) for group in groups]
        self._starts = [shift.start for shift in self.shifts]

    def shift_at(self, at, *, early, late):
        """The shift that `at` belongs to, or None.

        The one running at `at`; else the next if it starts within `early`; else the
        last if it ended within `late`.
        """
        number = bisect_right(self._starts, at)
        before = self.shifts[number - 1] if number else None
        if before and at <= before.end:
            return before
        after = self.shifts[number] if number < len(self.shifts) else None
        if after and after.start - at <= early:
            return after
        if before and at - before.end <= late:
            return before
        return None
