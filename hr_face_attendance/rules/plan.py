"""From the fold's verdicts to the difference between stored and right attendance rows.

Pure: rows and events come in as plain values, changes go out as plain values.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

from .correction import corrected
from .punch import VOIDED, Fixed, State, Stay, Verdict, derive, outlived


@dataclass(frozen=True)
class Row:
    """A stored attendance; times are aware UTC, to the second.

    Attributes:
        fixed: a person decided it.
        locked: dated on or before the payroll lock date; fixed, and not even completed.
        missing_out: we closed it with zero hours.
        in_uuid, out_uuid: the punches it rests on.
    """

    id: int
    check_in: datetime
    check_out: datetime | None
    fixed: bool = False
    missing_out: bool = False
    in_uuid: str | None = None
    out_uuid: str | None = None
    locked: bool = False

    @property
    def frozen(self):
        return self.fixed or self.locked


@dataclass(frozen=True)
class Before:
    """The last accepted punch before those to derive: the state of the fold follows from it."""

    uuid: str
    at: datetime
    direction: str | None
    row_fixed: bool = False


@dataclass(frozen=True)
class Values:
    """What a row should hold. `missing_out`: closed with zero hours."""

    check_in: datetime
    check_out: datetime | None = None
    missing_out: bool = False
    out_uuid: str | None = None


@dataclass
class Plan:
    """Changes to make, in this order: deletes, updates, creates.

    Attributes:
        updates: {row id: Values}; creates: {in uuid: Values}.
        row_of: {punch uuid: row id, or the in uuid of a row to create}.
        state: of the fold, after the last punch.
    """

    verdicts: list = field(default_factory=list)
    deletes: list = field(default_factory=list)
    updates: dict = field(default_factory=dict)
    creates: dict = field(default_factory=dict)
    row_of: dict = field(default_factory=dict)
    state: State = field(default_factory=State)


def make_plan(before, punches, rows, schedule, settings, corrections=(), now=None):
    """The difference that `punches` (all from some moment on) make to `rows`.

    Args:
        before: the last accepted punch before that moment, or None.
        punches: as seen; those that frozen rows rest on are left out here.
        rows: those that the fold may meet: the row of the state it starts from, and
            everything that ends after it; without a state, everything from two days before the
            punches on. Of the derived ones only those resting on `punches` are touched.
        corrections: of these punches. A voided one gets the verdict VOIDED and loses its row.
        now: if given, aware UTC: a stay that has outlived its limit by now is closed with
            zero hours, as the next punch would.
    """
    resting = {uuid for row in rows if row.frozen for uuid in (row.in_uuid, row.out_uuid)}
    punches = [punch for punch in punches if punch.uuid not in resting]
    counting = corrected(punches, corrections)
    fixed = [item for item in (_as_fixed(row, before) for row in rows) if item]
    start = state_after(before)
    if start.stay and start.stay.uuid in resting:
        start = replace(start, stay=None)
    state, verdicts = derive(start, counting, schedule, settings, fixed)
    last = outlived(state, now, schedule, settings) if now else None
    if last:
        state = State(state.last_at)
        verdicts.append(last)
    wanted = _wanted(start, verdicts, fixed)
    stored = _stored(start, punches, rows)
    plan = _difference(verdicts, wanted, stored, {row.id: row for row in rows})
    plan.state = state
    plan.verdicts += _voided(punches, counting)
    return plan


def same_state(stored, state):
    """Whether a fold that came to `state` goes on as the one that left `stored` behind.

    From there on, the same punches give the same rows, so a re-derivation may stop here.
    Never while somebody is in: their row reaches further.

    Args:
        stored: the last accepted punch before this moment as derived earlier (Before), or
            None if there was none.
    """
    return not state.stay and state_after(stored) == state


def state_after(before):
    """The State that a Before, or None, stands for."""
    if not before:
        return State()
    opened = before.direction == "in" and not before.row_fixed
    stay = Stay(before.at, uuid=before.uuid) if opened else None
    return State(before.at, stay, unanswered=before.direction is None)


def _as_fixed(row, before):
    """A person's row in the timeline; None if it is no person's, or lies before the state we
    start from.

    What a punch of ours completed, or closed for want of a check-out, is still the
    person's open row.
    """
    if row.in_uuid and not row.frozen:
        return None
    ours = not row.locked and (row.missing_out or (row.out_uuid and not row.fixed))
    end = None if ours else row.check_out
    if _is_past(row, end, before):
        return None
    return Fixed(row.id, row.check_in, end, row.locked)


def _is_past(row, end, before):
    """Whether the state we start from has this row behind it, and does not begin with it."""
    if not before or before.uuid == row.in_uuid:
        return False
    return (end or row.check_in) <= before.at


def _stored(start, punches, rows):
    """{in uuid: row} of the derived rows that are derived anew."""
    again = {punch.uuid for punch in punches}
    if start.stay:
        again.add(start.stay.uuid)
    return {row.in_uuid: row for row in rows if row.in_uuid in again and not row.frozen}


def _voided(punches, counting):
    """Verdicts on the punches that corrections took away."""
    kept = {punch.uuid for punch in counting}
    gone = [punch for punch in punches if punch.uuid not in kept]
    return [Verdict(one.uuid, one.at, None, VOIDED, said=one.direction) for one in gone]


def _wanted(start, verdicts, fixed):
    """{stay: Values} for every stay that the fold touched."""
    opened = [start.stay] if start.stay else []
    opened += [Stay(row.start, key=row.key) for row in fixed if row.end is None and not row.locked]
    wanted = {stay: Values(_second(stay.check_in)) for stay in opened}
    for verdict in verdicts:
        if verdict.expired:
            moment = _second(verdict.expired.check_in)
            wanted[verdict.expired] = Values(moment, moment, missing_out=True)
        if verdict.direction == "in":
            wanted[Stay(verdict.at, uuid=verdict.uuid)] = Values(_second(verdict.at))
        elif verdict.direction == "out":
            stay = verdict.closes
            wanted[stay] = Values(_second(stay.check_in), _second(verdict.at), False, verdict.uuid)
    return wanted


def _difference(verdicts, wanted, stored, by_id):
    plan = Plan(verdicts)
    missing = []
    for stay, values in wanted.items():
        row = by_id[stay.key] if stay.key else stored.pop(stay.uuid, None)
        if row is None:
            missing.append((stay, values))
            continue
        _place(plan, stay, values, row.id)
        if _differs(row, values):
            plan.updates[row.id] = values
    spare = sorted(stored.values(), key=lambda row: row.check_in)
    for stay, values in missing:
        if spare:  # one write instead of a deletion and a creation
            row = spare.pop(0)
            _place(plan, stay, values, row.id)
            plan.updates[row.id] = values
        else:
            _place(plan, stay, values, stay.uuid)
            plan.creates[stay.uuid] = values
    plan.deletes = [row.id for row in spare]
    return plan


def _place(plan, stay, values, row):
    if stay.uuid:
        plan.row_of[stay.uuid] = row
    if values.out_uuid:
        plan.row_of[values.out_uuid] = row


def _differs(row, values):
    return (row.check_in, row.check_out, row.missing_out) != (
        values.check_in,
        values.check_out,
        values.missing_out,
    )


def _second(moment):
    """Attendance keeps whole seconds."""
    return moment.replace(microsecond=0)
