"""Attack detection at a gate: votes over frames, and encounters that wait for a verdict."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_bridge.domain.challenge import Step, draw_challenge
from device_bridge.domain.encounter import Encounters
from device_bridge.domain.event import Outcome
from device_bridge.domain.guidance import Guidance
from device_bridge.domain.landmarks import features
from device_bridge.domain.liveness import (
    LEAST_FRAMES,
    PadLook,
    PadMode,
    PadScore,
    PadVerdict,
    combine,
    vote,
)
from device_bridge.domain.quality import Defect
from device_bridge.domain.visit import Conclusion, Observation
from device_bridge.fakes.liveness import pose_points
from tests.bridge.test_challenge import Poses, hold, performance
from tests.builders import at, face, gate, look, of_picture

FRAME_S = 1 / 15
REAL = PadLook(True, PadScore(0.95))
UNSURE = PadLook(True, PadScore(0.6))
ATTACK = PadLook(False, PadScore(0.9))
SEED = 5
STEPS = draw_challenge(random.Random(SEED), 0.92).steps


@pytest.mark.parametrize(
    ("looks", "verdict"),
    [
        ([REAL] * 3, PadVerdict.BONA_FIDE),
        ([REAL] * 2, PadVerdict.UNDECIDED),
        ([ATTACK] * 3, PadVerdict.ATTACK),
        ([ATTACK] * 2, PadVerdict.UNDECIDED),
        ([UNSURE] * 10, PadVerdict.UNDECIDED),
        ([REAL] * 3 + [UNSURE], PadVerdict.BONA_FIDE),
        ([REAL, ATTACK] * 5, PadVerdict.UNDECIDED),
        ([REAL] * 8 + [ATTACK] * 2, PadVerdict.BONA_FIDE),
        ([REAL] * 7 + [ATTACK] * 3, PadVerdict.UNDECIDED),
        ([ATTACK] * 10 + [REAL] * 10, PadVerdict.BONA_FIDE),
        ([], PadVerdict.UNDECIDED),
    ],
)
def test_the_last_frames_are_voted_on(looks: list[PadLook], verdict: PadVerdict) -> None:
    assert vote(looks) is verdict


@given(st.lists(st.sampled_from([REAL, UNSURE, ATTACK]), max_size=30))
def test_a_verdict_needs_frames_that_agree(looks: list[PadLook]) -> None:
    verdict = vote(looks)
    if verdict is PadVerdict.BONA_FIDE:
        assert looks.count(REAL) >= LEAST_FRAMES
    if verdict is PadVerdict.ATTACK:
        assert looks.count(ATTACK) >= LEAST_FRAMES


@given(st.lists(st.sampled_from([one for one in PadVerdict if one is not PadVerdict.OFF])))
def test_whoever_fails_one_check_fails(verdicts: list[PadVerdict]) -> None:
    verdict = combine(verdicts)
    assert (verdict is PadVerdict.BONA_FIDE) == (set(verdicts) == {PadVerdict.BONA_FIDE})
    assert (verdict is PadVerdict.ATTACK) == (PadVerdict.ATTACK in verdicts)


def encounters(mode: PadMode) -> Encounters:
    return Encounters(gate(pad=mode), random.Random(SEED))


def play(
    gate_: Encounters, observations: Iterable[Observation], start_s: float = 0.0
) -> list[Conclusion]:
    found = []
    for index, one in enumerate(observations):
        found += gate_.see([one], at(start_s + index * FRAME_S))
    return found


def with_looks(*looks: PadLook, employee: int = 1) -> list[Observation]:
    return [replace(look(employee), pad_look=one) for one in looks]


def posed(poses: Poses, employee: int = 1, pad_look: PadLook | None = None) -> list[Observation]:
    """Somebody who shows these poses; turned far, they cannot be compared."""
    seen = []
    for pose in poses:
        turn = pose.get("turn", 0.05)
        measured = features(pose_points(pose.get("openness", 0.3), turn))
        one = replace(look(employee, where=face(size=200)), features=measured, pad_look=pad_look)
        if abs(turn) > 0.3:
            one = replace(
                look(outcome=Outcome.LOW_QUALITY, where=face(size=200)), features=measured
            )
        seen.append(one)
    return seen


def results(conclusions: Sequence[Conclusion]) -> list[tuple[Outcome, PadVerdict]]:
    return [(one.outcome, one.pad.verdict) for one in conclusions]


IDENTIFIED = (Outcome.IDENTIFIED, PadVerdict.BONA_FIDE)
ATTACKED = (Outcome.PRESENTATION_ATTACK, PadVerdict.ATTACK)
UNDECIDED = (Outcome.PRESENTATION_ATTACK, PadVerdict.UNDECIDED)


def test_a_gate_without_pad_waits_for_nothing() -> None:
    found = play(encounters(PadMode.OFF), [look(1)] * 1 + [look(1), look(1)])
    assert results(found) == [(Outcome.IDENTIFIED, PadVerdict.OFF)]


@pytest.mark.parametrize(
    ("looks", "result"),
    [
        ([REAL] * 3, [IDENTIFIED]),
        ([ATTACK] * 3, [ATTACKED]),
        ([UNSURE] * 20, []),
        ([UNSURE] * 60, [UNDECIDED]),
        ([ATTACK, ATTACK, REAL] + [REAL] * 6, [IDENTIFIED]),
    ],
)
def test_passive(looks: list[PadLook], result: list[tuple[Outcome, PadVerdict]]) -> None:
    assert results(play(encounters(PadMode.PASSIVE), with_looks(*looks))) == result


def test_whoever_leaves_before_a_verdict_is_refused_and_noted() -> None:
    at_gate = encounters(PadMode.PASSIVE)
    assert play(at_gate, with_looks(UNSURE, UNSURE, UNSURE)) == []
    assert results(at_gate.leave()) == [UNDECIDED]


def test_a_verdict_on_one_face_does_not_open_for_another() -> None:
    """A photo of 1 is identified, then the attacker shows the camera their own real face."""
    own = [replace(one, outcome=Outcome.NO_CANDIDATE) for one in with_looks(*[REAL] * 20)]
    other = with_looks(*[REAL] * 5, employee=2)
    found = play(encounters(PadMode.PASSIVE), with_looks(*[UNSURE] * 3) + own + other)
    assert IDENTIFIED not in results(found)


def test_an_attack_with_somebodys_photo_does_not_keep_them_out() -> None:
    at_gate = encounters(PadMode.PASSIVE)
    assert results(play(at_gate, with_looks(*[ATTACK] * 3))) == [ATTACKED]
    assert results(play(at_gate, with_looks(*[REAL] * 3), start_s=5)) == [IDENTIFIED]


def test_an_attack_right_after_the_persons_own_visit_is_noted() -> None:
    at_gate = encounters(PadMode.PASSIVE)
    play(at_gate, with_looks(*[REAL] * 3))
    assert results(play(at_gate, with_looks(*[ATTACK] * 3), start_s=5)) == [ATTACKED]


def test_an_attack_that_goes_on_is_noted_once() -> None:
    found = play(encounters(PadMode.PASSIVE), with_looks(*[ATTACK] * 100))
    assert results(found) == [ATTACKED]


def test_copies_of_one_frame_are_one_opinion() -> None:
    copies = [replace(one, fingerprint=of_picture(5)) for one in with_looks(*[REAL] * 9)]
    assert play(encounters(PadMode.PASSIVE), copies) == []


def test_strangers_are_strangers_with_or_without_pad() -> None:
    strangers = [replace(look(), pad_look=ATTACK) for _ in range(5)]
    found = play(encounters(PadMode.BOTH), strangers)
    assert results(found) == [(Outcome.NO_CANDIDATE, PadVerdict.UNDECIDED)]


def test_active_passes_whoever_does_what_is_asked() -> None:
    found = play(encounters(PadMode.ACTIVE), posed(performance(*STEPS)))
    assert results(found) == [IDENTIFIED]


def test_the_event_has_the_time_of_arrival_and_the_challenges_nonce() -> None:
    (done,) = play(encounters(PadMode.ACTIVE), posed(performance(*STEPS)))
    assert done.time == at(0)
    asked = done.pad.evidence["challenge"]
    assert asked == {
        "nonce": draw_challenge(random.Random(SEED), 0.92).nonce,
        "steps": [str(step) for step in STEPS],
        "steps_done": 3,
        "failure": None,
    }


@pytest.mark.parametrize(
    ("seen", "failure"),
    [
        pytest.param(posed(hold(400)), "deadline", id="a still photo"),
        pytest.param(posed(performance(*STEPS[::-1])), "wrong_step", id="another order"),
        pytest.param(
            posed(performance(*STEPS)[:12]) + posed(hold(30), employee=2),
            "another_person",
            id="somebody else takes over",
        ),
    ],
)
def test_a_failed_challenge_is_an_attack(seen: list[Observation], failure: str) -> None:
    found = play(encounters(PadMode.ACTIVE), seen)
    assert results(found)[:1] == [ATTACKED]
    assert found[0].pad.evidence["challenge"]["failure"] == failure
    assert IDENTIFIED not in results(found)


def test_whoever_walks_on_before_the_challenge_is_over_stays_undecided() -> None:
    at_gate = encounters(PadMode.ACTIVE)
    play(at_gate, posed(hold(10)))
    (left,) = at_gate.see([], at(5))
    assert results([left]) == [UNDECIDED]
    assert left.pad.evidence["challenge"]["steps_done"] == 0


def test_somebody_with_a_friend_beside_them_is_waited_for() -> None:
    at_gate, one, two = encounters(PadMode.ACTIVE), face(x=50, size=200), face(x=600, size=200)
    for index in range(400):
        pair = [
            replace(look(employee, where=where), features=features(pose_points(0.3, 0.05)))
            for employee, where in ((1, one), (2, two))
        ]
        assert at_gate.see(pair, at(index * FRAME_S)) == []
    assert at_gate.hint(at(399 * FRAME_S)) is Guidance.ONE_PERSON


def test_whoever_was_here_a_moment_ago_is_not_asked_again_and_not_let_in_for_that() -> None:
    at_gate = encounters(PadMode.ACTIVE)
    play(at_gate, posed(performance(*STEPS)))
    (again,) = play(at_gate, posed(hold(10)), start_s=20)
    assert results([again]) == [(Outcome.REFRACTORY, PadVerdict.UNDECIDED)]


@pytest.mark.parametrize(
    ("pad_look", "result"), [(REAL, IDENTIFIED), (ATTACK, ATTACKED)], ids=["real", "attack"]
)
def test_both_asks_for_both(pad_look: PadLook, result: tuple[Outcome, PadVerdict]) -> None:
    found = play(encounters(PadMode.BOTH), posed(performance(*STEPS), pad_look=pad_look))
    assert results(found) == [result]


def test_turning_pad_off_settles_whoever_waits() -> None:
    at_gate = encounters(PadMode.ACTIVE)
    assert play(at_gate, posed(hold(10))) == []
    at_gate.adopt(gate(pad=PadMode.OFF))
    assert results(play(at_gate, [look(1, where=face(size=200))], start_s=0.7)) == [
        (Outcome.IDENTIFIED, PadVerdict.OFF)
    ]


def test_turning_pad_on_holds_for_whoever_is_not_announced_yet() -> None:
    at_gate = encounters(PadMode.OFF)
    play(at_gate, [look(1), look(1)])
    at_gate.adopt(gate(pad=PadMode.PASSIVE))
    assert play(at_gate, [look(1), look(1)], start_s=0.2) == []


def test_hints_follow_the_challenge() -> None:
    at_gate, said = encounters(PadMode.ACTIVE), []
    for index, one in enumerate(posed(performance(*STEPS))):
        at_gate.see([one], at(index * FRAME_S))
        said.append(at_gate.hint(at(index * FRAME_S)))
    asked = [one for one in dict.fromkeys(said) if one in {Guidance(step) for step in Step}]
    assert asked == [Guidance(step) for step in STEPS]
    assert said[-1] is None


def test_an_unfit_face_is_told_what_to_do_after_a_while() -> None:
    at_gate = encounters(PadMode.OFF)
    dark = [
        replace(look(outcome=Outcome.LOW_QUALITY), defects=(Defect.DARK, Defect.BLURRED))
        for _ in range(5)
    ]
    play(at_gate, dark[:4])
    assert at_gate.hint(at(3 * FRAME_S)) is None
    play(at_gate, dark[4:], start_s=4 * FRAME_S)
    assert at_gate.hint(at(4 * FRAME_S)) is Guidance.MORE_LIGHT
    play(at_gate, [look(1)], start_s=5 * FRAME_S)
    assert at_gate.hint(at(5 * FRAME_S)) is None
