"""From the fold's verdicts to the difference between stored and right attendance rows.

Pure: rows and events come in as plain values, changes go out as plain values.
"""

from dataclasses import dataclass, field
from datetime import datetime

from .punch import Fixed, State, Stay, derive


@dataclass(frozen=True)
class Row:
    """A stored attendance; times are aware UTC, to the second.

    Attributes:
        fixed: a person decided it.
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
    """

    verdicts: list = field(default_factory=list)
    deletes: list = field(default_factory=list)
    updates: dict = field(default_factory=dict)
    creates: dict = field(default_factory=dict)
    row_of: dict = field(default_factory=dict)


def make_plan(before, punches, rows, schedule, settings):
    """The difference that `punches` (all from some moment on) make to `rows`."""
    derived = {row.in_uuid: row for row in rows if row.in_uuid and not row.fixed}
    fixed = [
        item
        for item in (_as_fixed(row, before) for row in rows if row.fixed or not row.in_uuid)
        if item
    ]
    state = _state_after(before)
    _, verdicts = derive(state, punches, schedule, settings, fixed)
    wanted = _wanted(state, verdicts, fixed)
    rederived = {punch.uuid for punch in punches}
    if state.stay:
        rederived.add(state.stay.uuid)
    stored = {uuid: row for uuid, row in derived.items() if uuid in rederived}
    by_id = {row.id: row for row in rows}
    return _difference(verdicts, wanted, stored, by_id)


def _state_after(before):
    if not before:
        return State()
    opened = before.direction == "in" and not before.row_fixed
    return State(before.at, Stay(before.at, uuid=before.uuid) if opened else None)


def _as_fixed(row, before):
    """A person's row in the timeline; None if it lies before the state we start from.

    What a punch of ours completed, or closed for want of a check-out, is still the
    person's open row.
    """
    ours = not row.fixed and (row.out_uuid or row.missing_out)
    end = None if ours else row.check_out
    if before and ours and row.check_in <= before.at:
        return None
    if before and end and end <= before.at:
        return None
    return Fixed(row.id, row.check_in, end)


def _wanted(state, verdicts, fixed):
    """{stay: Values} for every stay that the fold touched."""
    opened = [state.stay] if state.stay else []
    opened += [Stay(row.start, key=row.key) for row in fixed if row.end is None]
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
