"""The active challenge on measures: who passes, and each way not to."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_bridge.domain.challenge import (
    DEADLINE_S,
    Challenge,
    Failure,
    Moment,
    Progress,
    State,
    Step,
    draw_challenge,
)
from device_bridge.domain.guidance import Guidance
from device_bridge.domain.judge import advance, judge
from device_bridge.domain.landmarks import Features
from tests.builders import face

FPS = 15
SAME = 0.92
ORDERS = list(itertools.permutations(Step))
AT_REST = Features(openness=0.3, turn=0.05, length=1.05)

Poses = list[dict[str, float]]


def hold(count: int = 6, **pose: float) -> Poses:
    return [pose] * count


def turn_of(to: float) -> Poses:
    way = [to * part for part in (0.2, 0.5, 0.8, 1, 1, 0.8, 0.5, 0.2)]
    return [{"turn": AT_REST.turn + turn} for turn in way]


DOES = {
    Step.BLINK: [{"openness": value} for value in (0.25, 0.12, 0.1, 0.2)],
    Step.TURN_LEFT: turn_of(0.5),
    Step.TURN_RIGHT: turn_of(-0.5),
}


def performance(*steps: Step) -> Poses:
    """What somebody shows who does these steps, with a rest around each."""
    poses = hold(8)
    for step in steps:
        poses = poses + DOES[step] + hold()
    return poses


def moments(poses: Iterable[dict[str, float]], start_s: float = 0.0) -> list[Moment]:
    """Moments of one person at 15 a second; a pose names what differs from rest."""
    return [
        Moment(
            start_s + index / FPS,
            face=face(size=200),
            features=replace(AT_REST, **{k: v for k, v in pose.items() if k in _MEASURES}),
            similarity=pose.get("similarity", 0.98),
        )
        for index, pose in enumerate(poses)
    ]


_MEASURES = ("openness", "turn", "length")


def challenge(*steps: Step) -> Challenge:
    return Challenge("0" * 32, steps or ORDERS[0], SAME)


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_whoever_does_the_steps_in_the_order_asked_for_passes(order: tuple[Step, ...]) -> None:
    progress = judge(challenge(*order), moments(performance(*order)))
    assert (progress.state, progress.steps_done) == (State.PASSED, 3)


@pytest.mark.parametrize("asked", ORDERS, ids="-".join)
@pytest.mark.parametrize("shown", ORDERS, ids="-".join)
def test_a_recording_of_another_order_does_not_pass(
    asked: tuple[Step, ...], shown: tuple[Step, ...]
) -> None:
    played = judge(challenge(*asked), moments(performance(*shown))).state
    assert (played is State.PASSED) == (asked == shown)


@pytest.mark.parametrize("asked", ORDERS, ids="-".join)
def test_a_recording_in_a_loop_passes_only_where_its_turns_come_as_asked(
    asked: tuple[Step, ...],
) -> None:
    shown = (Step.BLINK, Step.TURN_LEFT, Step.TURN_RIGHT)
    played = judge(challenge(*asked), moments(performance(*shown, *shown, *shown))).state
    # a blink in between is nature, so that the loop has two orders of six
    lucky = {shown, (Step.TURN_LEFT, Step.TURN_RIGHT, Step.BLINK)}
    assert (played is State.PASSED) == (asked in lucky)


LEFT, RIGHT, BLINK = Step.TURN_LEFT, Step.TURN_RIGHT, Step.BLINK


@pytest.mark.parametrize("asked", [(LEFT, RIGHT), (LEFT, BLINK, RIGHT)], ids="-".join)
def test_a_turn_done_once_more_is_no_other_step(asked: tuple[Step, ...]) -> None:
    """A page that has missed it asks for it again, while the judge is at the next one."""
    shown = performance(LEFT, LEFT, *asked[1:])
    assert judge(challenge(*asked), moments(shown)).state is State.PASSED


def test_a_turn_done_once_more_in_the_middle_of_the_next_one_fails() -> None:
    poses = performance(LEFT) + DOES[RIGHT][:5] + [{"turn": AT_REST.turn + 0.5}]
    assert judge(challenge(LEFT, RIGHT), moments(poses)).failure is Failure.WRONG_STEP


def test_a_turn_of_two_steps_before_fails() -> None:
    poses = performance(LEFT, RIGHT, LEFT)
    assert judge(challenge(LEFT, RIGHT, BLINK), moments(poses)).failure is Failure.WRONG_STEP


JUMP = hold(4, turn=0.6)
"""A turn so fast that nothing between was seen."""


def test_who_goes_on_after_a_turn_too_fast_to_be_seen_has_missed_a_step() -> None:
    poses = hold(8) + JUMP + hold() + DOES[RIGHT]
    progress = judge(challenge(LEFT, RIGHT), moments(poses))
    assert (progress.failure, progress.steps_done) == (Failure.MISSED_STEP, 0)


def test_a_step_that_was_done_after_all_is_not_missed() -> None:
    poses = hold(8) + JUMP + hold() + DOES[LEFT] + hold() + DOES[RIGHT]
    progress = judge(challenge(LEFT, BLINK, RIGHT), moments(poses))
    assert (progress.failure, progress.steps_done) == (Failure.WRONG_STEP, 1)


@given(
    st.lists(
        st.tuples(st.floats(-0.04, 0.04), st.floats(-0.06, 0.06), st.floats(-0.3, 0.8)),
        min_size=1,
        max_size=200,
    ),
    st.sampled_from(ORDERS),
)
def test_a_still_photo_does_not_even_pass_one_step(
    noise: list[tuple[float, float, float]], order: tuple[Step, ...]
) -> None:
    """Its features shake; tilting it narrows its eyes and shortens it by the same factor."""
    poses: Poses = []
    for openness, turn, tilted in noise:
        shorter = 1 - max(tilted, 0)
        poses.append(
            {
                "openness": (AT_REST.openness + openness) * shorter,
                "turn": AT_REST.turn + turn,
                "length": AT_REST.length * shorter,
            }
        )
    assert judge(challenge(*order), moments(poses)).steps_done == 0


@given(
    st.lists(
        st.builds(
            Moment,
            at_s=st.floats(allow_nan=True),
            faces=st.integers(0, 3),
            face=st.sampled_from([None, face(size=200), face(size=30), face(x=9e9)]),
            features=st.none()
            | st.builds(Features, st.floats(0, 1), st.floats(-1, 1), st.floats(0.1, 3)),
            similarity=st.none() | st.floats(allow_nan=True),
        ),
        max_size=60,
    ),
    st.sampled_from(ORDERS),
)
def test_whatever_comes_in_the_judge_neither_fails_nor_goes_back(
    hostile: list[Moment], order: tuple[Step, ...]
) -> None:
    progress = Progress()
    for moment in hostile:
        after = advance(challenge(*order), progress, moment)
        assert progress.steps_done <= after.steps_done <= progress.steps_done + 1
        assert (after.guidance is None) == (after.state is not State.RUNNING)
        if progress.state is not State.RUNNING:
            assert after == progress
        progress = after


@given(st.lists(st.sampled_from([*Step, "rest"]), max_size=9), st.sampled_from(ORDERS))
def test_whoever_passes_has_shown_the_steps_in_their_order(
    shown: list[Step | str], order: tuple[Step, ...]
) -> None:
    poses = hold(8)
    for step in shown:
        poses = poses + (DOES[step] if isinstance(step, Step) else hold(4)) + hold(3)
    if judge(challenge(*order), moments(poses)).state is State.PASSED:
        rest = iter(shown)
        assert all(step in rest for step in order)


def test_nothing_passes_after_the_deadline() -> None:
    late = moments(performance(*ORDERS[0]), start_s=DEADLINE_S - 1)
    waiting = moments(hold(round((DEADLINE_S - 1) * FPS)))
    progress = judge(challenge(), waiting + late)
    assert progress.failure is Failure.DEADLINE


STRANGER = {"similarity": 0.8}


@pytest.mark.parametrize("after", [8, 12, 20, 30])
def test_somebody_else_who_takes_over_fails(after: int) -> None:
    poses = performance(*ORDERS[0])
    swapped = poses[:after] + [pose | STRANGER for pose in poses[after:]]
    assert judge(challenge(), moments(swapped)).failure is Failure.ANOTHER_PERSON


def test_a_photo_of_somebody_shown_between_ones_own_steps_does_not_pass() -> None:
    """The photo at rest, one's own face for the steps."""
    poses: Poses = hold(8)
    for step in ORDERS[0]:
        poses = poses + [pose | STRANGER for pose in DOES[step]] + hold()
    assert judge(challenge(), moments(poses)).state is not State.PASSED


def test_two_faces_pause_it_and_the_deadline() -> None:
    first, second = performance(Step.BLINK), performance(Step.TURN_LEFT, Step.TURN_RIGHT)
    before = moments(first)
    with_two = [
        replace(one, faces=2) for one in moments(hold(20 * FPS), start_s=before[-1].at_s + 0.1)
    ]
    progress = judge(challenge(), before + with_two)
    assert (progress.state, progress.guidance) == (State.RUNNING, Guidance.ONE_PERSON)
    after = moments(second, start_s=with_two[-1].at_s + 0.1)
    assert judge(challenge(), before + with_two + after).state is State.PASSED


def test_a_step_under_way_when_somebody_joins_does_not_count() -> None:
    poses = hold(8) + DOES[Step.BLINK]
    told = [
        replace(one, faces=2) if (one.features or AT_REST).openness < 0.2 else one
        for one in moments(poses + hold())
    ]
    assert judge(challenge(Step.BLINK), told).steps_done == 0


@pytest.mark.parametrize(
    "gap",
    [
        pytest.param({"start_s": 3.0}, id="two seconds without a face"),
        pytest.param({"start_s": 0.2}, id="time runs backwards"),
    ],
)
def test_a_gap_fails(gap: dict[str, float]) -> None:
    seen = moments(hold(12)) + moments(hold(), **gap)
    assert judge(challenge(), seen).failure is Failure.INTERRUPTED


def test_a_face_that_jumps_fails() -> None:
    seen = moments(hold(12))
    jumped = replace(moments(hold(1), start_s=0.81)[0], face=face(x=900, size=200))
    assert judge(challenge(), [*seen, jumped]).failure is Failure.INTERRUPTED


@pytest.mark.parametrize(
    ("step", "poses"),
    [
        pytest.param(Step.BLINK, DOES[Step.BLINK][:2] + hold(40, openness=0.1), id="eyes shut"),
        pytest.param(
            Step.BLINK, [pose | {"turn": 0.3} for pose in DOES[Step.BLINK]], id="half turned away"
        ),
        pytest.param(
            Step.BLINK, [pose | {"length": 0.85} for pose in DOES[Step.BLINK]], id="tilted back"
        ),
        pytest.param(
            Step.BLINK, [pose | STRANGER for pose in DOES[Step.BLINK]][:2], id="somebody else's"
        ),
        pytest.param(Step.BLINK, hold(4, openness=0.24), id="a squint"),
        pytest.param(Step.TURN_LEFT, turn_of(0.3), id="not far enough"),
        pytest.param(Step.TURN_LEFT, hold(4, turn=0.6), id="a jump"),
        pytest.param(
            Step.TURN_LEFT, [pose | {"length": 1.6} for pose in turn_of(0.5)], id="a flat picture's"
        ),
        pytest.param(Step.TURN_LEFT, turn_of(0.5)[:5], id="a jump back"),
        pytest.param(Step.TURN_LEFT, turn_of(0.5)[:5] + hold(9, turn=0.5), id="no return"),
    ],
)
def test_what_is_no_step(step: Step, poses: Poses) -> None:
    progress = judge(challenge(step), moments(hold(8) + poses + hold()))
    assert (progress.state, progress.steps_done) == (State.RUNNING, 0)
    # and nothing is lost: done properly, it counts
    again = hold(8) + poses + hold() + DOES[step] + hold()
    assert judge(challenge(step), moments(again)).state is State.PASSED


@pytest.mark.parametrize(
    ("poses", "asked", "guidance"),
    [
        (hold(3), Step.BLINK, Guidance.LOOK_STRAIGHT),
        (hold(9), Step.BLINK, Guidance.BLINK),
        (hold(9), Step.TURN_LEFT, Guidance.TURN_LEFT),
        (hold(9), Step.TURN_RIGHT, Guidance.TURN_RIGHT),
        (hold(9) + DOES[Step.TURN_LEFT][:4], Step.TURN_LEFT, Guidance.LOOK_STRAIGHT),
        (hold(9) + hold(1, turn=0.6), Step.TURN_LEFT, Guidance.SLOWER),
        (hold(9) + hold(1, turn=0.3), Step.BLINK, Guidance.LOOK_STRAIGHT),
    ],
)
def test_what_the_person_is_told(poses: Poses, asked: Step, guidance: Guidance) -> None:
    assert judge(challenge(asked), moments(poses)).guidance is guidance


def test_whoever_is_too_far_away_is_asked_to_come_closer() -> None:
    far = [replace(one, face=face(size=60)) for one in moments(performance(*ORDERS[0]))]
    progress = judge(challenge(), far)
    assert (progress.steps_done, progress.guidance) == (0, Guidance.COME_CLOSER)


def test_frames_that_show_nothing_new_advance_nothing_but_the_time() -> None:
    copies = [replace(one, face=None, features=None) for one in moments(hold(20 * FPS))]
    progress = judge(challenge(), copies)
    assert (progress.failure, progress.rest) == (Failure.DEADLINE, None)


def test_a_challenge_cannot_be_foreseen() -> None:
    drawn = [draw_challenge(random.Random(seed), SAME) for seed in range(200)]
    assert {one.steps for one in drawn} == set(ORDERS)
    assert len({one.nonce for one in drawn}) == 200
    assert all(len(bytes.fromhex(one.nonce)) == 16 for one in drawn)
