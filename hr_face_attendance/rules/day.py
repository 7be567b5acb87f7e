"""What a day was for one person: present, late, absent, on leave …

Absence is only said of what is known: as long as a gate that matters may still hold events
of the shift, the day is pending.
"""

from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime, timedelta

from .local import date_of, day_of

PRESENT, ABSENT, LEAVE, HOLIDAY = "present", "absent", "leave", "holiday"
MISSING_PUNCH, STILL_IN, OFF, PENDING = "missing_punch", "still_in", "off", "pending"
STATUSES = (PRESENT, ABSENT, LEAVE, HOLIDAY, MISSING_PUNCH, STILL_IN, OFF, PENDING)
UNSCHEDULED, SHIFT_MISSED, PROVISIONAL = "unscheduled", "shift_missed", "provisional"
FLAGS = (UNSCHEDULED, SHIFT_MISSED, PROVISIONAL)

# How far an arrival before, or a departure after a shift belongs to it: rules.punch.Settings.
EARLY, LATE = timedelta(hours=3), timedelta(hours=6)


@dataclass(frozen=True)
class Absence:
    """Aware UTC; `kind` is LEAVE or HOLIDAY."""

    start: datetime
    end: datetime
    kind: str


@dataclass(frozen=True)
class Day:
    """The status of a local date.

    Attributes:
        status: one of STATUSES.
        late_min, early_min: whole minutes late and left early, summed over the day's shifts;
            0 unless PRESENT or STILL_IN.
        expected_h: hours of work expected, absences taken off.
        flags: UNSCHEDULED (present though nothing was expected), SHIFT_MISSED (one of
            several shifts), PROVISIONAL (events of this day may still come).
    """

    date: Date
    status: str
    late_min: int
    early_min: int
    expected_h: float
    flags: tuple[str, ...]


def day_status(
    date,
    tz,
    schedule,
    stays,
    absences,
    missing,
    delivered_through,
    now,
    tolerance,
    early=EARLY,
    late=LATE,
):
    """The Day of one person.

    Args:
        date: local date in `tz`; a night shift, and who works it, belongs to the day it starts.
        schedule: Schedule around the day, with or without the absences taken off.
        stays: [(check_in, check_out or None)], aware UTC, of the days around as well.
        absences: [Absence] around the day.
        missing: whether a proposal about this day waits for somebody.
        delivered_through: aware UTC up to which every gate that matters has delivered, or
            None if one of them never has.
        now: aware UTC.
        tolerance: timedelta; who is at most so late, or leaves so early, is on time.
        early, late: as in rules.punch.Settings.
    """
    shifts = [
        pieces
        for shift in schedule.shifts
        if date_of(shift.start, tz) == date and (pieces := _without(shift.pieces, absences))
    ]
    here = sorted(
        (stay for stay in stays if date_worked(stay[0], schedule, tz, early, late) == date),
        key=lambda stay: (stay[0], stay[1] is None),
    )
    known = min(now, delivered_through) if delivered_through else None
    ended = max((pieces[-1][1] for pieces in shifts), default=day_of(date, tz)[1])
    complete = bool(known) and known >= ended
    status = _status(date, tz, shifts, here, absences, missing, complete)
    attended = _attended(shifts, here) if status in (PRESENT, STILL_IN) else []
    late_min = sum(_minutes(own[0][0] - pieces[0][0], tolerance) for pieces, own in attended if own)
    early_min = sum(
        _minutes(pieces[-1][1] - own[-1][1], tolerance)
        for pieces, own in attended
        if own and own[-1][1] and known and known >= pieces[-1][1]
    )
    expected = sum((b - a for pieces in shifts for a, b in pieces), timedelta())
    flags = {
        UNSCHEDULED: bool(here) and not shifts and not missing,
        SHIFT_MISSED: complete and any(not own for _, own in attended),
        PROVISIONAL: bool(shifts) and not complete,
    }
    return Day(
        *(date, status, late_min, early_min, expected / timedelta(hours=1)),
        tuple(flag for flag, holds in flags.items() if holds),
    )


def date_worked(moment, schedule, tz, early=EARLY, late=LATE):
    """The local date that an arrival, or a proposal's moment, belongs to: that of its shift,
    or its own."""
    shift = schedule.shift_at(moment, early=early, late=late)
    return date_of(shift.start if shift else moment, tz)


def _status(date, tz, shifts, here, absences, missing, complete):
    if missing:
        return MISSING_PUNCH
    if here:
        return STILL_IN if here[-1][1] is None else PRESENT
    if shifts:
        return ABSENT if complete else PENDING
    start, end = day_of(date, tz)
    kinds = {one.kind for one in absences if one.start < end and one.end > start}
    return HOLIDAY if HOLIDAY in kinds else LEAVE if kinds else OFF


def _attended(shifts, here):
    """[(pieces of a shift, the stays within it)]; a stay goes with every shift that it shares time with."""
    return [
        (
            pieces,
            [
                stay
                for stay in here
                if stay[0] < pieces[-1][1] and (stay[1] is None or stay[1] > pieces[0][0])
            ],
        )
        for pieces in shifts
    ]


def _minutes(difference, tolerance):
    """Whole minutes beyond what is tolerated; all of them once it is exceeded."""
    return difference // timedelta(minutes=1) if difference > max(tolerance, timedelta()) else 0


def _without(pieces, absences):
    """`pieces` of work minus the absences: a list of (start, end)."""
    left = list(pieces)
    for one in absences:
        left = [
            part
            for start, end in left
            for part in ((start, min(end, one.start)), (max(start, one.end), end))
            if part[0] < part[1]
        ]
    return left
