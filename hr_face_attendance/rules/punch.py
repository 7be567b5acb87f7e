"""In or out: the attendance of one person as a causal fold over what was seen.

`step` looks at one punch and the state before it, never ahead, so adding a late event
changes only what follows it. `derive` sorts by captured time and uuid: the same input
in any order gives the same output. Nothing is invented: a stay without a check-out
is closed with zero hours and flagged.

What a person decided (an attendance made or edited by hand) is a `Fixed` row in the
timeline: it is never changed, and whoever is inside when it begins has missed a
check-out.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from .schedule import Schedule, Shift

REFRACTORY = "refractory"
ALREADY_IN = "already_in"
NO_CHECK_IN = "no_check_in"
INSIDE_FIXED = "inside_fixed"
REMOVED = "removed"
"""Not decided here: a person deleted the attendance, so the punch is not put to the fold again."""
IN_SHIFT, IN_LATE, IN_BACK, IN_UNSCHEDULED = "in_shift", "in_late", "in_back", "in_unscheduled"
OUT_SHIFT_END, OUT_BREAK = "out_shift_end", "out_break"
OUT_DURING, OUT_UNSCHEDULED = "out_during", "out_unscheduled"
IGNORED = frozenset({REFRACTORY, ALREADY_IN, INSIDE_FIXED})
CODES = (
    *(IN_SHIFT, IN_LATE, IN_BACK, IN_UNSCHEDULED),
    *(OUT_SHIFT_END, OUT_BREAK, OUT_DURING, OUT_UNSCHEDULED),
    *(REFRACTORY, ALREADY_IN, INSIDE_FIXED, NO_CHECK_IN),
)


@dataclass(frozen=True)
class Settings:
    """A company's rules.

    Attributes:
        refractory: punches this soon after the last accepted one say nothing new.
        max_stay: nobody stays longer; the check-out was forgotten.
        early: how long before a shift an arrival belongs to it.
        late: how long after a shift a departure belongs to it.
        leaving: at an automatic gate, a first punch this close to the end of the shift
            is somebody leaving whose check-in is missing.
    """

    refractory: timedelta = timedelta(seconds=60)
    max_stay: timedelta = timedelta(hours=16)
    early: timedelta = timedelta(hours=3)
    late: timedelta = timedelta(hours=6)
    leaving: timedelta = timedelta(minutes=30)


@dataclass(frozen=True)
class Punch:
    """An identified sighting. `at` is aware UTC; `direction` is "in", "out" or "auto"."""

    uuid: str
    at: datetime
    direction: str = "auto"


@dataclass(frozen=True)
class Fixed:
    """An attendance that a person made: closed, or open (end None) and completed by an OUT."""

    key: int
    start: datetime
    end: datetime | None


@dataclass(frozen=True)
class Stay:
    """An open stay. `uuid` is the punch that opened it, or None when `key` is a Fixed row."""

    check_in: datetime
    uuid: str | None = None
    key: int | None = None


@dataclass(frozen=True)
class State:
    """All that the past means for the next punch."""

    last_at: datetime | None = None
    stay: Stay | None = None


@dataclass(frozen=True)
class Verdict:
    """What a punch came to: `direction` is "in", "out" or None, `code` one of CODES.

    Attributes:
        params: moments the reason speaks of, aware UTC.
        closes: the stay that an OUT completes.
        expired: a stay without a check-out that this punch (or row) put an end to.
    """

    uuid: str | None
    at: datetime
    direction: str | None
    code: str
    params: dict = field(default_factory=dict)
    closes: Stay | None = None
    expired: Stay | None = None

    @property
    def accepted(self):
        return self.code not in IGNORED


def derive(state, punches, schedule=None, settings=None, fixed=()):
    """Fold `punches` (any order) from `state`. Returns (final state, verdicts in time order).

    Verdicts with uuid None belong to Fixed rows that ended a stay.
    """
    schedule, settings = schedule or Schedule(), settings or Settings()
    closed = [row for row in fixed if row.end is not None]
    timeline = [((punch.at, 1, punch.uuid), punch) for punch in punches]
    timeline += [((row.start, 0, str(row.key)), row) for row in fixed]
    verdicts = []
    for _, item in sorted(timeline, key=lambda entry: entry[0]):
        if isinstance(item, Fixed):
            state, verdict = enter_fixed(state, item)
        elif any(row.start <= item.at <= row.end for row in closed):
            verdict = Verdict(item.uuid, item.at, None, INSIDE_FIXED)
        else:
            state, verdict = step(state, item, schedule, settings)
        if verdict:
            verdicts.append(verdict)
    return state, verdicts


def enter_fixed(state, row):
    """A person's row begins: whoever was in has no check-out, and its times are accepted ones."""
    verdict = None
    if state.stay and state.stay.uuid:
        verdict = Verdict(None, row.start, None, INSIDE_FIXED, expired=state.stay)
    last_at = max(filter(None, (state.last_at, row.end or row.start)))
    stay = Stay(row.start, key=row.key) if row.end is None else None
    return State(last_at, stay), verdict


def step(state, punch, schedule, settings):
    """One punch. Returns (state after it, Verdict)."""
    if state.last_at and punch.at - state.last_at < settings.refractory:
        params = {"before": state.last_at}
        return state, Verdict(punch.uuid, punch.at, None, REFRACTORY, params)
    shift = schedule.shift_at(punch.at, early=settings.early, late=settings.late)
    stale = state.stay if _is_stale(state.stay, punch, shift, schedule, settings) else None
    stay = None if stale else state.stay
    if punch.direction == "in" and stay:
        params = {"since": stay.check_in}
        return state, Verdict(punch.uuid, punch.at, None, ALREADY_IN, params)
    if stay:
        verdict = _leave(punch, shift, settings, stay)
    elif punch.direction == "out" or _is_leaving(state, punch, shift, settings):
        verdict = Verdict(punch.uuid, punch.at, None, NO_CHECK_IN)
    else:
        verdict = _arrive(state, punch, shift, settings)
    opened = Stay(punch.at, uuid=punch.uuid) if verdict.direction == "in" else None
    return State(punch.at, opened), replace(verdict, expired=stale)


def _is_stale(stay, punch, shift, schedule, settings):
    """Whether the open stay's check-out was forgotten.

    Too long ago; or it belongs to an earlier shift while another is starting, unless
    the gate itself says that the person is leaving.
    """
    if not stay:
        return False
    if punch.at - stay.check_in > settings.max_stay:
        return True
    if punch.direction == "out" or not shift:
        return False
    own = schedule.shift_at(stay.check_in, early=settings.early, late=settings.late)
    starting = punch.at <= shift.start + settings.leaving
    return bool(own) and own.end < shift.start and starting


def _is_leaving(state, punch, shift: Shift | None, settings):
    """At an automatic gate: nobody starts work at the end of a shift they were not seen in."""
    if punch.direction != "auto" or not shift:
        return False
    unseen = not state.last_at or state.last_at < shift.start - settings.early
    long_enough = shift.end - shift.start > 2 * settings.leaving
    return unseen and long_enough and punch.at >= shift.end - settings.leaving


def _arrive(state, punch, shift, settings):
    if not shift or punch.at > shift.end:
        code, params = IN_UNSCHEDULED, {}
    elif state.last_at and state.last_at >= shift.start - settings.early:
        code, params = IN_BACK, {"left": state.last_at}
    elif punch.at <= shift.start:
        code, params = IN_SHIFT, {"start": shift.start, "end": shift.end}
    else:
        code, params = IN_LATE, {"start": shift.start, "end": shift.end}
    return Verdict(punch.uuid, punch.at, "in", code, params)


def _leave(punch, shift, settings, stay):
    if not shift or punch.at < shift.start:
        code, params = OUT_UNSCHEDULED, {}
    elif punch.at >= shift.end - settings.leaving:
        code, params = OUT_SHIFT_END, {"start": shift.start, "end": shift.end}
    elif shift.is_break(punch.at):
        code, params = OUT_BREAK, {}
    else:
        code, params = OUT_DURING, {"end": shift.end}
    return Verdict(punch.uuid, punch.at, "out", code, params, closes=stay)
