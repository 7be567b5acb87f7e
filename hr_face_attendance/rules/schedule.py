"""Work intervals of one person as shifts, in UTC.

Odoo's calendars know lines of hours within a day; people know shifts. A shift here is
what is worked together: 08–12 and 13–17 are one shift with a break, 22–24 and 00–06
are one shift over midnight, 06–10 and 15–19 are two.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

MIDNIGHT_GAP = timedelta(seconds=1)
"""Odoo gives 24:00 back as 23:59:59.999999; what is closer than this belongs together."""
BREAK_LIMIT = timedelta(hours=2)
"""Two pieces of work further apart than this are two shifts, not one with a break."""
SHIFT_LIMIT = timedelta(hours=25)
"""A day, when summer time ends. Work without a longer end to it ("24/7") has no shifts:
nobody starts or ends with it."""


@dataclass(frozen=True)
class Shift:
    """Aware UTC datetimes; `pieces` are the (start, end) worked, sorted.

    `label` is the name of the shift in the roster, if there is one.
    """

    start: datetime
    end: datetime
    pieces: tuple[tuple[datetime, datetime], ...]
    label: str | None = None

    def is_break(self, at):
        """Whether `at` lies between two pieces."""
        return any(end <= at < start for (_, end), (start, _) in pairwise(self.pieces))


def merge(intervals):
    """Sorted, overlapping or adjoining (start, end) pairs joined."""
    merged = []
    for start, end in sorted(intervals):
        if start >= end:
            continue
        if merged and start - merged[-1][1] <= MIDNIGHT_GAP:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def grouped(intervals):
    """Pieces of work as shifts: lists of merged (start, end), each list one shift."""
    groups = []
    for piece in merge(intervals):
        if groups and piece[0] - groups[-1][-1][1] <= BREAK_LIMIT:
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return [group for group in groups if group[-1][1] - group[0][0] <= SHIFT_LIMIT]


class Schedule:
    """The shifts of one person, sorted.

    Args:
        intervals: (start, end) of the pieces worked, aware UTC, in any order.
        labels: (moment, name) pairs; the shift that holds the moment bears the name.
    """

    def __init__(self, intervals=(), labels=()):
        names = sorted(labels)
        self.shifts = [
            Shift(group[0][0], group[-1][1], tuple(group), _label(group, names))
            for group in grouped(intervals)
        ]
        self._starts = [shift.start for shift in self.shifts]

    def shift_at(self, at, *, early, late):
        """The shift that `at` belongs to, or None.

        The one running at `at`; else the nearer of the next, if it starts within `early`,
        and the last, if it ended within `late`.
        """
        number = bisect_right(self._starts, at)
        before = self.shifts[number - 1] if number else None
        after = self.shifts[number] if number < len(self.shifts) else None
        if before and at <= before.end:
            return before
        if before and at - before.end > late:
            before = None
        if after and after.start - at > early:
            after = None
        if before and after:
            return before if at - before.end < after.start - at else after
        return before or after


def _label(group, names):
    return next((name for moment, name in names if group[0][0] <= moment < group[-1][1]), None)
