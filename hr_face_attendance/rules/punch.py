"""In or out: the attendance of one person as a causal fold over what was seen.

`step` looks at one punch and the state before it, never ahead, so adding a late event
changes only what follows it. `derive` sorts by captured time and uuid: the same input
in any order gives the same output. Nothing is invented: a stay without a check-out
is closed with zero hours and flagged.

What a person decided (an attendance made or edited by hand) is a `Fixed` row in the
timeline: it is never changed, and whoever is inside when it begins has missed a
check-out.
"""

from dataclasses import replace
from datetime import timedelta

from .schedule import Schedule
from .verdict import (  # whoever uses the fold finds its values here
    ALREADY_IN,
    CODES,
    EXPIRED,
    IGNORED,
    IN_BACK,
    IN_LATE,
    IN_SHIFT,
    IN_UNSCHEDULED,
    INSIDE_FIXED,
    LOCKED,
    NO_CHECK_IN,
    OUT_BREAK,
    OUT_DURING,
    OUT_SHIFT_END,
    OUT_UNSCHEDULED,
    REFRACTORY,
    REMOVED,
    TOO_EARLY,
    TOO_LATE,
    VOIDED,
    Fixed,
    Punch,
    Settings,
    State,
    Stay,
    Verdict,
)


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
        elif _is_within(state, item, closed, schedule, settings):
            verdict = _ignored(item, INSIDE_FIXED)
        elif settings.locked_through and item.at <= settings.locked_through:
            verdict = _ignored(item, LOCKED)
        else:
            state, verdict = step(state, item, schedule, settings)
        if verdict:
            verdicts.append(verdict)
    return state, verdicts


def enter_fixed(state, row):
    """A person's row begins: whoever was in has no check-out, and its times are accepted ones."""
    verdict = None
    if state.stay and state.stay.uuid:
        verdict = Verdict(None, row.start, None, EXPIRED, expired=state.stay)
    last_at = max(filter(None, (state.last_at, row.end or row.start)))
    stay = Stay(row.start, key=row.key, locked=row.locked) if row.end is None else None
    return State(last_at, stay), verdict


def _is_within(state, punch, closed, schedule, settings):
    """Whether a person's row says already what this punch says: it lies inside, or a little
    outside and was the coming or the leaving that the row rounds."""
    if any(row.start <= punch.at <= row.end for row in closed):
        return True
    if punch.asserted or state.stay or _is_refractory(state, punch, settings):
        return False
    near = settings.leaving
    if punch.direction != "out" and any(
        timedelta() < row.start - punch.at <= near for row in closed
    ):
        return True
    if punch.direction == "in" or not any(row.end == state.last_at for row in closed):
        return False
    shift = schedule.shift_at(punch.at, early=settings.early, late=settings.late)
    ending = punch.direction == "out" or (shift and punch.at >= shift.end - near)
    return bool(ending) and punch.at - state.last_at <= near


def step(state, punch, schedule, settings):
    """One punch. Returns (state after it, Verdict)."""
    if _is_refractory(state, punch, settings):
        return state, _ignored(punch, REFRACTORY, before=state.last_at)
    shift = schedule.shift_at(punch.at, early=settings.early, late=settings.late)
    stale = state.stay if _is_stale(state.stay, punch, shift, schedule, settings) else None
    stay = None if stale else state.stay
    if stay and stay.locked:
        return state, replace(_ignored(punch, LOCKED), closes=stay)
    if stay and punch.direction == "in":
        if not punch.asserted or punch.at - stay.check_in <= settings.refractory:
            return state, _ignored(punch, ALREADY_IN, since=stay.check_in)
        stale, stay = stay, None
    if stay:
        verdict = _leave(punch, _shift_of(stay, punch, shift, schedule, settings), settings, stay)
    elif punch.direction == "out" or _is_leaving(state, punch, shift, settings):
        verdict = Verdict(punch.uuid, punch.at, None, NO_CHECK_IN)
    else:
        verdict = _arrive(state, punch, shift, settings)
    opened = Stay(punch.at, uuid=punch.uuid) if verdict.direction == "in" else None
    expired = None if stale and stale.locked else stale
    verdict = replace(verdict, expired=expired, said=punch.direction)
    return State(punch.at, opened, verdict.code == NO_CHECK_IN), verdict


def stay_limit(check_in, schedule, settings):
    """The moment after which a stay begun at `check_in` has outlived every reason for it.

    The longest stay that the company allows, or the end of a shift that is longer.
    """
    own = schedule.shift_at(check_in, early=settings.early, late=settings.late)
    longest = check_in + settings.max_stay
    return max(longest, own.end + settings.late) if own else longest


def outlived(state, now, schedule, settings):
    """The verdict on a stay that nobody will end any more, or None.

    For the server's clock: somebody who never comes back still gets a proposal.
    """
    stay = state.stay
    if not stay or stay.locked or now <= stay_limit(stay.check_in, schedule, settings):
        return None
    return Verdict(None, now, None, EXPIRED, expired=stay)


def _ignored(punch, code, **params):
    return Verdict(punch.uuid, punch.at, None, code, params, said=punch.direction)


def _is_refractory(state, punch, settings):
    """A second look at the same passage.

    Not what a person asserts, and not an entrance's word after an exit saw somebody come:
    two cameras at one door often see the same arrival.
    """
    if not state.last_at or punch.asserted or (state.unanswered and punch.direction == "in"):
        return False
    return punch.at - state.last_at < settings.refractory


def _is_stale(stay, punch, shift, schedule, settings):
    """Whether the open stay's check-out was forgotten.

    Too long ago; or it belongs to an earlier shift while another has begun, unless
    the gate itself says that the person is leaving.
    """
    if not stay:
        return False
    if punch.at > stay_limit(stay.check_in, schedule, settings):
        return True
    own = schedule.shift_at(stay.check_in, early=settings.early, late=settings.late)
    if punch.direction == "out" or not shift or not own or own.end >= shift.start:
        return False
    starting = punch.at <= shift.start + settings.leaving
    return starting or punch.direction == "in" or punch.at > own.end + settings.late


def _is_leaving(state, punch, shift, settings):
    """At an automatic gate: nobody starts work at the end of a shift.

    Unless they were seen since its last piece of work began: then they left, and are back.
    """
    if punch.direction != "auto" or not shift:
        return False
    start, end = shift.pieces[-1]
    unseen = not state.last_at or state.last_at <= start
    return unseen and end - start > 2 * settings.leaving and punch.at >= end - settings.leaving


def _arrive(state, punch, shift, settings):
    code, params, flags, label = IN_UNSCHEDULED, {}, (), None
    if shift and punch.at <= shift.end:
        label = shift.label
        params = {"start": shift.start, "end": shift.end}
        if punch.at <= shift.start:
            code = IN_SHIFT
        elif state.last_at and state.last_at >= shift.start:
            code, params = IN_BACK, {"left": state.last_at}
        else:
            code = IN_LATE
        if settings.too_early is not None and punch.at < shift.start - settings.too_early:
            flags = (TOO_EARLY,)
    return Verdict(punch.uuid, punch.at, "in", code, params, flags=flags, label=label)


def _shift_of(stay, punch, shift, schedule, settings):
    """The shift that a departure ends: that of the arrival, as long as it can."""
    own = schedule.shift_at(stay.check_in, early=settings.early, late=settings.late)
    return own if own and punch.at <= own.end + settings.late else shift


def _leave(punch, shift, settings, stay):
    code, params, flags, label = OUT_UNSCHEDULED, {}, (), None
    if shift and punch.at >= shift.start and stay.check_in < shift.end:
        label = shift.label
        if punch.at >= shift.end - settings.leaving:
            code, params = OUT_SHIFT_END, {"start": shift.start, "end": shift.end}
        elif shift.is_break(punch.at):
            code = OUT_BREAK
        else:
            code, params = OUT_DURING, {"end": shift.end}
    if shift and settings.too_late is not None and punch.at > shift.end + settings.too_late:
        flags = (TOO_LATE,)
    return Verdict(punch.uuid, punch.at, "out", code, params, closes=stay, flags=flags, label=label)
