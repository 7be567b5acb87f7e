"""What holds for every person, whatever they do and in whatever order it becomes known."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from attendance_rules.correction import Correction
from attendance_rules.plan import same_state
from attendance_rules.proposal import Habit, Sighting, proposals
from attendance_rules.punch import Settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.rules.ledger import Ledger
from tests.rules.worlds import World, moment, punches, worlds

settings.register_profile(
    "rules",
    deadline=None,
    derandomize=True,
    max_examples=int(os.environ.get("RULES_EXAMPLES", "100")),
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("rules")

INSTANT = timedelta(microseconds=1)


def ledger_of(world: World) -> Ledger:
    return Ledger(world.schedule, world.settings, world.rows)


def at_once(world: World) -> Ledger:
    ledger = ledger_of(world)
    ledger.arrive(*world.punches, *world.corrections)
    return ledger


def outcome(ledger: Ledger) -> tuple[object, ...]:
    return ledger.table(), ledger.said()


@given(worlds(), st.randoms(use_true_random=False), st.integers(1, 4))
def test_any_order_and_any_batches_give_the_same_attendance(
    world: World, chance: random.Random, size: int
) -> None:
    events = [*world.punches, *world.corrections]
    chance.shuffle(events)
    ledger = ledger_of(world)
    for start in range(0, len(events), size):
        ledger.arrive(*events[start : start + size])
    assert outcome(ledger) == outcome(at_once(world))


@given(worlds(), st.integers(0, 4 * 1440))
def test_deriving_again_changes_nothing(world: World, minutes: int) -> None:
    ledger = at_once(world)
    before, writes = outcome(ledger), ledger.written
    ledger.derive_from(moment(minutes))
    ledger.arrive(*world.punches, *world.corrections)
    assert ledger.written == writes
    assert outcome(ledger) == before


@given(worlds())
def test_rows_neither_overlap_nor_run_backwards(world: World) -> None:
    ledger = at_once(world)
    table = ledger.table()
    for (start, end, _), (following, _, _) in pairwise(table):
        assert start <= (end or start) <= following
    derived = [row for row in ledger.rows.values() if not row.frozen]
    assert sum(row.check_out is None for row in derived) <= 1
    assert all(row.check_out == row.check_in for row in derived if row.missing_out)


@given(worlds())
def test_what_a_person_decided_is_never_touched(world: World) -> None:
    ledger = at_once(world)
    for row in world.rows:
        if row.check_out or row.locked:
            assert ledger.rows[row.id] == row
        else:
            assert ledger.rows[row.id].check_in == row.check_in


@given(worlds())
def test_nothing_is_paid_before_the_lock(world: World) -> None:
    locked = world.settings.locked_through
    mine = {row.id for row in world.rows}
    for row in at_once(world).rows.values():
        assert row.id in mine or not locked or row.check_in > locked.replace(microsecond=0)


@given(worlds(), punches(most=1))
def test_a_late_event_changes_only_what_follows_it(world: World, late: tuple[object, ...]) -> None:
    ledger = at_once(world)
    before, said = list(ledger.rows.values()), ledger.said()
    for punch in late:
        punch = replace(punch, uuid="late")  # type: ignore[type-var]  # noqa: PLW2901
        ledger.arrive(punch)
        order = (punch.at, punch.uuid)
        earlier = {one.uuid for one in world.punches if (one.at, one.uuid) < order}
        again = [one for one in ledger.said() if one[0] in earlier]
        assert again == [one for one in said if one[0] in earlier]
        for row in before:
            ended = row.check_out and not row.missing_out and row.check_out <= punch.at
            if ended and (row.out_uuid is None or row.out_uuid in earlier):
                assert ledger.rows[row.id] == row


@given(worlds(), punches(most=1), st.integers(0, 20))
def test_a_derivation_that_stops_early_comes_to_the_same(
    world: World, late: tuple[object, ...], skip: int
) -> None:
    """As the addon does it: up to a stored check-out, where nobody is in."""
    ledger = at_once(world)
    for punch in late:
        punch = replace(punch, uuid="late")  # type: ignore[type-var]  # noqa: PLW2901
        outs = [one for one in ledger.verdicts.values() if one.direction == "out"]
        ends = sorted(one.at for one in outs if one.at > punch.at)[skip:]
        whole = at_once(replace(world, punches=(*world.punches, punch)))
        if ends and early(ledger, punch, ends[0]):
            assert ledger.table() == whole.table()


def early(ledger: Ledger, punch: object, end: object) -> bool:
    """Derive up to `end` if that is enough. Returns whether it was."""
    stored = ledger.last_accepted(end + INSTANT)  # type: ignore[operator]
    if stored is None or stored.at != end:
        return False
    trial = Ledger(ledger.schedule, ledger.settings)
    trial.punches = {
        uuid: one
        for uuid, one in [*ledger.punches.items(), (punch.uuid, punch)]  # type: ignore[attr-defined]
        if one.at <= end
    }
    trial.corrections, trial.verdicts = ledger.corrections, dict(ledger.verdicts)
    trial.rows = {key: row for key, row in ledger.rows.items() if row.check_in <= end}
    trial._next = ledger._next
    plan = trial.derive_from(punch.at)  # type: ignore[attr-defined]
    if not same_state(stored, plan.state):
        return False
    later = {key: row for key, row in ledger.rows.items() if row.check_in > end}
    ledger.rows = trial.rows | later
    return True


@given(worlds())
def test_void_and_restore_is_nothing(world: World) -> None:
    said = []
    for number, punch in enumerate(world.punches):
        said.append(Correction(f"v{number}", moment(10_000), punch.uuid, "void"))
        said.append(Correction(f"r{number}", moment(10_001), punch.uuid, "restore"))
    plain = at_once(replace(world, corrections=()))
    ledger = ledger_of(world)
    ledger.arrive(*world.punches)
    for one in said:
        ledger.arrive(one)
    assert outcome(ledger) == outcome(plain)


@given(worlds())
def test_what_is_voided_is_as_if_it_had_not_been(world: World) -> None:
    gone = {punch.uuid for punch in world.punches[::2]}
    voids = tuple(Correction(f"v{uuid}", moment(10_000), uuid, "void") for uuid in gone)
    kept = tuple(punch for punch in world.punches if punch.uuid not in gone)
    with_voids = at_once(replace(world, corrections=voids))
    without = at_once(replace(world, punches=kept, corrections=()))
    assert with_voids.table() == without.table()


@given(worlds(), st.lists(st.tuples(st.integers(0, 5760), st.sampled_from(["in", "out", "auto"]))))
def test_a_suggestion_lies_in_its_range_and_is_never_paid(
    world: World, seen: list[tuple[int, str]]
) -> None:
    ledger = at_once(world)
    paid = ledger.table()
    sightings = [Sighting(moment(minutes), "Hall", "refused", way) for minutes, way in seen]
    habit = Habit(moment(480).time(), moment(1020).time(), 30)
    plan = ledger.plan_of_all()
    found = proposals(
        *(plan.verdicts, sightings, world.schedule, world.settings),
        *(habit, "UTC", list(ledger.rows.values())),
    )
    for one in found:
        assert one.earliest <= one.latest
        assert one.suggested is None or one.earliest <= one.suggested <= one.latest
        assert (one.suggested is None) == (one.basis is None)
    missing = [one for one in found if one.kind == "missing_out"]
    assert len(missing) == sum(bool(verdict.expired) for verdict in plan.verdicts)
    assert ledger.table() == paid


@given(worlds())
def test_the_default_settings_flag_nothing(world: World) -> None:
    if (world.settings.too_early, world.settings.too_late) == (None, None):
        assert not any(flags for *_, flags in at_once(world).said())
    assert Settings().too_early is None
