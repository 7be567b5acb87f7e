"""What the fold of rules.punch is given, keeps and says: plain values."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

REFRACTORY = "refractory"
ALREADY_IN = "already_in"
NO_CHECK_IN = "no_check_in"
INSIDE_FIXED = "inside_fixed"
LOCKED = "locked"
REMOVED = "removed"
"""Not decided here: a person deleted the attendance, so the punch is not put to the fold again."""
VOIDED = "voided"
"""Not decided here: somebody said "that was wrong" (rules.correction)."""
EXPIRED = "expired"
"""Of no punch: a stay ended without one (Verdict.expired)."""
IN_SHIFT, IN_LATE, IN_BACK, IN_UNSCHEDULED = "in_shift", "in_late", "in_back", "in_unscheduled"
OUT_SHIFT_END, OUT_BREAK = "out_shift_end", "out_break"
OUT_DURING, OUT_UNSCHEDULED = "out_during", "out_unscheduled"
IGNORED = frozenset({REFRACTORY, ALREADY_IN, INSIDE_FIXED, LOCKED, VOIDED, EXPIRED})
CODES = (
    *(IN_SHIFT, IN_LATE, IN_BACK, IN_UNSCHEDULED),
    *(OUT_SHIFT_END, OUT_BREAK, OUT_DURING, OUT_UNSCHEDULED),
    *(REFRACTORY, ALREADY_IN, INSIDE_FIXED, NO_CHECK_IN),
)
"""What the fold itself says. LOCKED and VOIDED are said beside it."""
TOO_EARLY, TOO_LATE = "too_early", "too_late"


@dataclass(frozen=True)
class Settings:
    """A company's rules.

    Attributes:
        refractory: punches this soon after the last accepted one say nothing new.
        max_stay: nobody stays longer, unless their shift is longer still; the check-out
            was forgotten.
        early: how long before a shift an arrival belongs to it.
        late: how long after a shift a departure belongs to it.
        leaving: at an automatic gate, a first punch this close to the end of the shift
            is somebody leaving whose check-in is missing.
        too_early, too_late: an arrival so long before the shift, a departure so long after
            it, counts and is flagged; None: never.
        locked_through: payroll is closed up to and including this moment (aware UTC).
    """

    refractory: timedelta = timedelta(seconds=60)
    max_stay: timedelta = timedelta(hours=16)
    early: timedelta = timedelta(hours=3)
    late: timedelta = timedelta(hours=6)
    leaving: timedelta = timedelta(minutes=30)
    too_early: timedelta | None = None
    too_late: timedelta | None = None
    locked_through: datetime | None = None


@dataclass(frozen=True)
class Punch:
    """An identified sighting. `at` is aware UTC; `direction` is "in", "out" or "auto".

    `asserted`: a person says so (a confirmed proposal, a corrected direction). It counts
    even within the refractory period, and an arrival while in, unless it is the one already
    counted, means that the departure before it is missing.
    """

    uuid: str
    at: datetime
    direction: str = "auto"
    asserted: bool = False


@dataclass(frozen=True)
class Fixed:
    """An attendance that a person made: closed, or open (end None) and completed by an OUT.

    `locked`: payroll is closed for it; even an open one is not completed.
    """

    key: int
    start: datetime
    end: datetime | None
    locked: bool = False


@dataclass(frozen=True)
class Stay:
    """An open stay. `uuid` is the punch that opened it, or None when `key` is a Fixed row."""

    check_in: datetime
    uuid: str | None = None
    key: int | None = None
    locked: bool = False


@dataclass(frozen=True)
class State:
    """All that the past means for the next punch.

    Attributes:
        last_at: when something last counted.
        unanswered: that was a departure without an arrival.
    """

    last_at: datetime | None = None
    stay: Stay | None = None
    unanswered: bool = False


@dataclass(frozen=True)
class Verdict:
    """What a punch came to: `direction` is "in", "out" or None, `code` one of CODES.

    Attributes:
        params: moments the reason speaks of, aware UTC.
        closes: the stay that an OUT completes, or would if it were not locked.
        expired: a stay without a check-out that this punch (or row) put an end to.
        flags: TOO_EARLY, TOO_LATE.
        label: the roster's name of the shift the reason speaks of.
        said: the direction that the gate, or a person, gave the punch.
    """

    uuid: str | None
    at: datetime
    direction: str | None
    code: str
    params: dict = field(default_factory=dict)
    closes: Stay | None = None
    expired: Stay | None = None
    flags: tuple[str, ...] = ()
    label: str | None = None
    said: str = "auto"

    @property
    def accepted(self):
        return self.code not in IGNORED
