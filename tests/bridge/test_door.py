"""A door as a table: who is admitted when, and from when to when the lock is released."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_bridge.domain.door import PATIENCE_S, RELOCK_S, Door, DoorPolicy, DoorState

STEP_S = 0.1


def released(
    policy: DoorPolicy, *said: tuple[float, str, int], until_s: float = 30.0
) -> list[tuple[float, float]]:
    """When the lock is released; `said` is (second, "admit" | "open" | "shut", employee)."""
    door, spans, since = Door(policy), [], None
    events = sorted(said)
    for tick in range(round(until_s / STEP_S) + 1):
        now_s = round(tick * STEP_S, 1)
        while events and events[0][0] <= now_s:
            _, what, employee = events.pop(0)
            if what == "admit":
                door.admit(employee, now_s)
            else:
                door.contact(is_open=what == "open", now_s=now_s)
        door.step(now_s)
        if door.released and since is None:
            since = now_s
        elif not door.released and since is not None:
            spans.append((since, now_s))
            since = None
    return spans + ([(since, until_s)] if since is not None else [])


ANN, BEN, CYD = 1, 2, 3
ONE_EACH, SEVERAL = DoorPolicy(pulse_s=3), DoorPolicy(pulse_s=3, several=True)


@pytest.mark.parametrize(
    ("policy", "said", "expected"),
    [
        (ONE_EACH, [], []),
        (ONE_EACH, [(1, "admit", ANN)], [(1, 4)]),
        (ONE_EACH, [(1, "admit", ANN), (2, "admit", ANN)], [(1, 4)]),
        (ONE_EACH, [(1, "admit", ANN), (1, "admit", BEN)], [(1, 4), (4.5, 7.5)]),
        (ONE_EACH, [(1, "admit", ANN), (20, "admit", BEN)], [(1, 4), (20, 23)]),
        (SEVERAL, [(1, "admit", ANN), (3, "admit", BEN)], [(1, 6)]),
        (SEVERAL, [(1, "admit", ANN), (1, "admit", BEN)], [(1, 4)]),
        (ONE_EACH, [(1, "admit", ANN), (2, "open", 0), (2.5, "shut", 0)], [(1, 2.5)]),
        (
            ONE_EACH,
            [(1, "admit", ANN), (1.5, "admit", BEN), (2, "open", 0), (6, "shut", 0)],
            [(1, 4), (6, 9)],
        ),
        (ONE_EACH, [(1, "admit", ANN), (2, "admit", BEN), (2, "open", 0)], [(1, 4)]),
        (SEVERAL, [(1, "admit", ANN), (2, "open", 0), (2.5, "shut", 0)], [(1, 4)]),
    ],
    ids=[
        "nobody",
        "one pulse",
        "the same person twice is one opening",
        "the second person gets an opening of their own",
        "two visits",
        "several may pass: the opening is prolonged",
        "several at once are one opening",
        "through and shut: locked before the pulse is over",
        "the second waits until the first has shut the door",
        "a door left open opens for nobody",
        "several may pass: it is not locked behind the first",
    ],
)
def test_openings(
    policy: DoorPolicy, said: list[tuple[float, str, int]], expected: list[tuple[float, float]]
) -> None:
    assert released(policy, *said) == expected


def test_whoever_waited_too_long_has_gone_and_nothing_opens_for_them() -> None:
    people = [(1.0, "admit", number) for number in range(1, 9)]
    spans = released(ONE_EACH, *people, until_s=60)
    assert len(spans) == 3
    assert all(start - 1.0 <= PATIENCE_S for start, _ in spans)


def test_an_emergency_holds_until_it_is_over_and_then_the_door_locks() -> None:
    door = Door(DoorPolicy(emergency=True))
    door.step(0)
    assert door.released
    door.step(3600)
    assert (door.released, door.state(3600)) == (True, DoorState.EMERGENCY)
    door.policy = DoorPolicy()
    door.step(3601)
    assert (door.released, door.state(3601)) == (False, DoorState.LOCKED)


@pytest.mark.parametrize("fail_safe", [False, True])
@pytest.mark.parametrize("is_released", [False, True])
def test_without_current_a_safe_door_is_open_and_a_secure_one_shut(
    fail_safe: bool, is_released: bool
) -> None:
    powered = DoorPolicy(fail_safe=fail_safe).powered(released=is_released)
    without_current_open = fail_safe
    assert powered == (is_released != without_current_open)


@pytest.mark.parametrize(
    ("opened_s", "asked_s", "state"),
    [
        (2, 3, DoorState.RELEASED),
        (2, 10, DoorState.LOCKED),
        (2, 23, DoorState.LEFT_OPEN),
        (8, 9, DoorState.FORCED),
        (8, 99, DoorState.FORCED),
    ],
    ids=["passing", "still open, locked again", "left open", "forced", "forced stays forced"],
)
def test_what_is_told_of_a_door(opened_s: float, asked_s: float, state: DoorState) -> None:
    door = Door(DoorPolicy(pulse_s=3, left_open_s=20))
    for tick in range(int(asked_s) * 10 + 1):
        if tick == 10:
            door.admit(ANN, 1)
        if tick == opened_s * 10:
            door.contact(is_open=True, now_s=tick / 10)
        door.step(tick / 10)
    assert door.state(asked_s) is state


@given(
    st.lists(
        st.tuples(st.floats(0, 20), st.sampled_from(["admit", "open", "shut"]), st.integers(1, 4)),
        max_size=20,
    )
)
def test_no_opening_is_longer_than_a_pulse_and_between_two_the_door_is_locked(
    said: list[tuple[float, str, int]],
) -> None:
    spans = released(ONE_EACH, *said, until_s=60)
    assert all(end - start <= 3 + STEP_S for start, end in spans)
    gaps = [start - end for (_, end), (start, _) in itertools.pairwise(spans)]
    assert all(gap >= RELOCK_S - STEP_S for gap in gaps)
    admitted = sum(what == "admit" for _, what, _ in said)
    assert len(spans) <= admitted
