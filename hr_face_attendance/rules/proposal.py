"""What a person should decide: punches that are missing, or that a fixed point holds back.

A proposal states the range in which the truth must lie, what speaks for a moment in it and
what was seen. It never becomes hours by itself: somebody confirms a time, which then is an
asserted punch.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from . import punch
from .local import DAY, date_of, moment_of
from .schedule import Schedule

MISSING_OUT, MISSING_IN, INSIDE, LOCKED = "missing_out", "missing_in", "inside_fixed", "locked"
SCHEDULE, HABIT, SIGHTING = "schedule", "habit", "sighting"
SEEN, ON_SHIFT, USUAL = "seen", "shift", "usual"
"""Codes of the evidence."""
ENOUGH_DAYS = 5
"""Fewer days of history are no habit."""


@dataclass(frozen=True)
class Sighting:
    """Whatever else was seen of the person: aware UTC, the gate's name, the event's outcome,
    and the direction "in", "out" or "auto"."""

    at: datetime
    gate: str
    outcome: str
    direction: str = "auto"


@dataclass(frozen=True)
class Habit:
    """The person's own history: median local times over so many days."""

    usual_in: time | None
    usual_out: time | None
    days: int


@dataclass(frozen=True)
class Proposal:
    """One question to the employee or HR. Moments are aware UTC.

    Attributes:
        kind: MISSING_OUT, MISSING_IN, INSIDE or LOCKED.
        uuid: the punch it is about (of a MISSING_OUT: the one that opened the stay, None if
            a person did).
        key: the id of the attendance it is about, or None if none is stored.
        earliest, latest: the truth lies in between.
        suggested: a moment in that range, or None; `basis` says why this one.
        evidence: (code, params): SEEN (at, gate, outcome, direction), ON_SHIFT (start, end,
            label), USUAL (at, days).
        hours: by which the attendance would change if this were applied; None if unknown.
    """

    kind: str
    uuid: str | None
    key: int | None
    earliest: datetime
    latest: datetime
    suggested: datetime | None
    basis: str | None
    evidence: tuple[tuple[str, dict], ...]
    hours: float | None = None


@dataclass(frozen=True)
class _Known:
    """What is known of the person beside the verdicts."""

    sightings: list
    schedule: Schedule
    settings: punch.Settings
    habit: Habit | None
    tz: object
    rows: list

    def shift_at(self, at):
        return self.schedule.shift_at(at, early=self.settings.early, late=self.settings.late)

    def seen(self, earliest, latest):
        return [one for one in self.sightings if earliest < one.at < latest]

    def key_of(self, stay):
        same = (row.id for row in self.rows if stay.uuid and row.in_uuid == stay.uuid)
        return stay.key or next(same, None)


def proposals(verdicts, sightings, schedule, settings, habit, tz, rows):
    """[Proposal] in time order, at most one per missing punch and per withheld passage.

    Args:
        verdicts: of one person's fold, in time order.
        sightings: of that person in the same time; those outside a range are not evidence.
        habit: Habit or None.
        tz: the person's zone, for the habit.
        rows: rules.plan.Row of that person around that time, as they are after the plan.
    """
    ordered = sorted(sightings, key=lambda one: one.at)
    known = _Known(ordered, schedule, settings, habit, tz, rows)
    found, counted_at, withheld_at = [], None, None
    for number, verdict in enumerate(verdicts):
        if verdict.expired:
            found.append(_missing_out(verdict.expired, verdict.at, known))
        if verdict.code in {punch.INSIDE_FIXED, punch.LOCKED}:
            if not withheld_at or verdict.at - withheld_at >= settings.refractory:
                found.append(_withheld(verdict, known))
                withheld_at = verdict.at
        elif verdict.code == punch.NO_CHECK_IN and not _answered(verdicts[number:], settings):
            found.append(_missing_in(verdict.at, verdict.uuid, counted_at, known))
        if verdict.accepted:
            counted_at = verdict.at
    return [one for one in found if one]


def _answered(verdicts, settings):
    """Whether the departure was only an exit's look at somebody coming in."""
    following = next((one for one in verdicts[1:] if one.accepted), None)
    if not following or following.direction != "in":
        return False
    return following.at - verdicts[0].at < settings.refractory


def _missing_out(stay, ended_at, known):
    """The person came, and was not seen leaving before `ended_at`."""
    limit = punch.stay_limit(stay.check_in, known.schedule, known.settings)
    earliest, latest = stay.check_in, min(ended_at, limit)
    shift, seen = known.shift_at(earliest), known.seen(earliest, latest)
    usual = _usual(known, known.habit and known.habit.usual_out, earliest, after=True)
    here_at = seen[-1].at if seen else earliest
    if seen and seen[-1].direction == "out":
        choices = [(here_at, SIGHTING)]
    else:
        ends = [end for _, end in shift.pieces if end <= latest] if shift else []
        choices = [(ends[-1] if ends else None, SCHEDULE), (usual, HABIT)]
        choices += [(here_at, SIGHTING)] if seen else []
    suggested, basis = _first(choices, here_at, latest)
    evidence = _evidence(shift, seen, usual, known)
    key = known.key_of(stay)
    return Proposal(MISSING_OUT, stay.uuid, key, earliest, latest, suggested, basis, evidence)


def _missing_in(left_at, uuid, counted_at, known):
    """The person left at `left_at`, and was not seen coming since something last counted."""
    shift = known.shift_at(left_at)
    longest = left_at - known.settings.max_stay
    opened_at = shift.start - known.settings.early if shift else longest
    ended = [row.check_out or row.check_in for row in known.rows]
    bounds = [at for at in (*ended, counted_at) if at and at <= left_at]
    earliest = max([min(longest, opened_at), *bounds])
    seen = known.seen(max(earliest, opened_at), left_at)
    usual = _usual(known, known.habit and known.habit.usual_in, left_at, after=False)
    here_at = seen[0].at if seen else left_at
    if seen and seen[0].direction == "in":
        choices = [(here_at, SIGHTING)]
    else:
        starts = [start for start, _ in shift.pieces if start >= earliest] if shift else []
        choices = [(starts[0] if starts else None, SCHEDULE), (usual, HABIT)]
        choices += [(here_at, SIGHTING)] if seen else []
    suggested, basis = _first(choices, earliest, here_at)
    evidence = _evidence(shift, seen, usual, known)
    return Proposal(MISSING_IN, uuid, None, earliest, left_at, suggested, basis, evidence)


def _withheld(verdict, known):
    """A punch that changes nothing because of what a person or the payroll decided."""
    at, key, hours = verdict.at, None, None
    kind = LOCKED if verdict.code == punch.LOCKED else INSIDE
    if kind == INSIDE:
        around = (
            row for row in known.rows if row.check_out and row.check_in <= at <= row.check_out
        )
        row = next(around, None)
        moved = row and _moved(row, at, verdict.said)
        if not moved or abs(moved) < known.settings.refractory:
            return None  # no news for who made the row
        key, hours = row.id, moved / timedelta(hours=1)
    elif verdict.closes:
        key, hours = verdict.closes.key, (at - verdict.closes.check_in) / timedelta(hours=1)
    evidence = _evidence(known.shift_at(at), known.seen(at, at), None, known)
    return Proposal(kind, verdict.uuid, key, at, at, at, SIGHTING, evidence, hours)


def _moved(row, at, said):
    """What the row would gain if the punch were its start or its end; the nearer one if the
    gate did not say."""
    if said == "auto":
        said = "in" if at - row.check_in < row.check_out - at else "out"
    return row.check_in - at if said == "in" else at - row.check_out


def _usual(known, clock, near, after):
    """The habitual local time as the first moment after `near`, or the last before it."""
    if not clock or known.habit.days < ENOUGH_DAYS:
        return None
    date = date_of(near, known.tz)
    moments = [moment_of(date + DAY * step, clock, known.tz) for step in (-1, 0, 1)]
    if after:
        return min(one for one in moments if one > near)
    return max(one for one in moments if one < near)


def _first(choices, earliest, latest):
    """The first (moment, basis) in the range, or (None, None)."""
    fitting = (
        (moment, basis) for moment, basis in choices if moment and earliest <= moment <= latest
    )
    return next(fitting, (None, None))


def _evidence(shift, seen, usual, known):
    found = [
        (SEEN, {"at": one.at, "gate": one.gate, "outcome": one.outcome, "direction": one.direction})
        for one in seen
    ]
    if shift:
        found.append((ON_SHIFT, {"start": shift.start, "end": shift.end, "label": shift.label}))
    if usual:
        found.append((USUAL, {"at": usual, "days": known.habit.days}))
    return tuple(found)
