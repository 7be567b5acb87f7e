"""A day of a person in one word, and what many such days come to.

What a day came to is decided by `rules.day` and kept as hr.face.day; here it is put into the
words that pages and sheets share, so that "present" counts the same everywhere.
"""

from datetime import datetime
from typing import NamedTuple

from .day import ABSENT, HOLIDAY, LEAVE, MISSING_PUNCH, OFF, PENDING, PRESENT, STILL_IN

LATE, AHEAD = "late", "ahead"
STATES = (PRESENT, LATE, STILL_IN, MISSING_PUNCH, ABSENT, PENDING, LEAVE, HOLIDAY, OFF, AHEAD)
HERE = frozenset({PRESENT, LATE, STILL_IN, MISSING_PUNCH})
"""Was here that day, whatever is still open about when."""
SETTLED = HERE | {ABSENT}
"""What a presence rate counts: leave, holidays, days off and what nobody knows yet are left out."""


class Presence(NamedTuple):
    """A person's day.

    Attributes:
        state: one of STATES. LATE is a day that has ended and began late; who is late and still
            in is STILL_IN with `late_min`. AHEAD is a day to come.
        late_min, early_min: whole minutes, beyond what the company tolerates.
        worked_h, expected_h: hours.
        first_in, last_out: aware, in the person's zone; `last_out` is None while somebody is in
            or when nobody saw them leave.
    """

    state: str
    late_min: int = 0
    early_min: int = 0
    worked_h: float = 0.0
    expected_h: float = 0.0
    first_in: datetime | None = None
    last_out: datetime | None = None

    @property
    def here(self):
        return self.state in HERE


class Summary(NamedTuple):
    """What several days of one person, or one day of several people, come to.

    Attributes:
        counts: {state: days}, of states that occur.
        here, absent, late: days; a late day is one with minutes, whether it has ended or not.
        rate: here / (here + absent), 0 to 1; None if work was never due.
    """

    counts: dict[str, int]
    here: int
    absent: int
    late: int
    late_min: int
    worked_h: float
    expected_h: float
    rate: float | None


def of_day(status, late_min=0, *more):
    """The Presence of a day kept with this status, one of rules.day.STATUSES; `more` as there."""
    state = LATE if status == PRESENT and late_min else status
    return Presence(state, late_min, *more)


def summary(presences):
    """The Summary of an iterable of Presence."""
    presences = list(presences)
    counts = {}
    for one in presences:
        counts[one.state] = counts.get(one.state, 0) + 1
    here = sum(counts.get(state, 0) for state in HERE)
    absent = counts.get(ABSENT, 0)
    return Summary(
        counts,
        here,
        absent,
        sum(one.late_min > 0 for one in presences),
        sum(one.late_min for one in presences),
        sum(one.worked_h for one in presences),
        sum(one.expected_h for one in presences),
        rate(here, absent),
    )


def rate(here, absent):
    """Share of the days due on which somebody was here, or None if none was due."""
    return here / (here + absent) if here + absent else None
