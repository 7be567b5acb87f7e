"""What a few pictures of one visit come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from device_bridge.domain.challenge import Challenge, Failure, Step
from device_bridge.domain.event import Outcome
from device_bridge.domain.landmarks import Features
from device_bridge.domain.liveness import PadLook, PadMode, PadScore, PadVerdict
from device_bridge.domain.sample import Sample, confirm, judge_pad, judge_samples, sample_of
from device_bridge.domain.visit import Observation
from device_bridge.fakes.recognition import vector_of
from tests.builders import face, look, person

ANN, BEN = 1, 2
NOBODY = Sample(0)


def of(employee: int | None = None, outcome: Outcome | None = None) -> Sample:
    return sample_of([look(employee, outcome=outcome)], None, 0)


def unclear() -> Sample:
    return of(outcome=Outcome.AMBIGUOUS)


@pytest.mark.parametrize(
    ("samples", "k", "outcome", "employee"),
    [
        ([of(ANN)], 3, Outcome.IDENTIFIED, ANN),
        ([of(ANN), of(ANN), of(ANN)], 3, Outcome.IDENTIFIED, ANN),
        ([of(ANN), of(ANN), of()], 3, Outcome.AMBIGUOUS, None),
        ([of(ANN), of(ANN), of(ANN), of()], 3, Outcome.IDENTIFIED, ANN),
        ([of(ANN), of(ANN), of(ANN), of(BEN)], 3, Outcome.AMBIGUOUS, None),
        ([of()], 3, Outcome.NO_CANDIDATE, None),
        ([of(), of()], 1, Outcome.NO_CANDIDATE, None),
        ([of(), unclear()], 1, Outcome.AMBIGUOUS, None),
        ([NOBODY, of(ANN)], 1, Outcome.IDENTIFIED, ANN),
        ([of(outcome=Outcome.LOW_QUALITY), NOBODY], 1, Outcome.NO_FACE, None),
    ],
    ids=[
        "one picture is one look",
        "as many as the gate asks for",
        "fewer than it asks for",
        "enough, and one that knows nobody",
        "two people",
        "a stranger",
        "a stranger twice",
        "a stranger, or between two people",
        "an empty picture says nothing",
        "only unfit pictures: the last one tells",
    ],
)
def test_as_many_pictures_as_the_gate_asks_for_must_agree(
    samples: Sequence[Sample], k: int, outcome: Outcome, employee: int | None
) -> None:
    judged = judge_samples(samples, k)
    assert (judged.outcome, judged.sample.employee if employee else None) == (outcome, employee)


def test_a_bystander_in_the_background_is_nobody() -> None:
    near, far = look(ANN, where=face(size=200)), look(BEN, where=face(x=500, size=60))
    assert sample_of([near, far], None, 0).outcome is Outcome.IDENTIFIED
    beside = look(BEN, where=face(x=500, size=150))
    assert sample_of([near, beside], None, 0).outcome is Outcome.MULTIPLE_FACES


def passive(*scores: float) -> list[Sample]:
    return [
        sample_of([_with_look(PadLook(score > 0, PadScore(abs(score))))], None, 0)
        for score in scores
    ]


def _with_look(pad_look: PadLook) -> Observation:

    return replace(look(ANN), pad_look=pad_look)


@pytest.mark.parametrize(
    ("scores", "verdict"),
    [
        ([0.9, 0.9, 0.9], PadVerdict.BONA_FIDE),
        ([0.9, 0.9], PadVerdict.UNDECIDED),
        ([-0.9, -0.9, -0.9], PadVerdict.ATTACK),
        ([0.9, 0.9, -0.9], PadVerdict.UNDECIDED),
        ([], PadVerdict.UNDECIDED),
    ],
    ids=["surely real", "too few", "surely not", "torn", "not measured"],
)
def test_the_passive_detector_needs_several_pictures(
    scores: list[float], verdict: PadVerdict
) -> None:
    samples = passive(*scores) or [of(ANN)]
    judged = judge_samples(samples, 1)
    assert judge_pad(samples, judged, PadMode.PASSIVE, None)[0].verdict is verdict
    assert judge_pad(samples, judged, PadMode.OFF, None)[0].verdict is PadVerdict.OFF


@pytest.mark.parametrize("mode", [PadMode.ACTIVE, PadMode.BOTH])
def test_without_a_challenge_nothing_is_decided(mode: PadMode) -> None:
    samples = passive(0.9, 0.9, 0.9)
    result, progress = judge_pad(samples, judge_samples(samples, 1), mode, None)
    assert (result.verdict, progress) == (PadVerdict.UNDECIDED, None)


def test_who_is_too_slow_for_a_challenge_is_no_attack_yet() -> None:
    chip = replace(look(ANN), probe=vector_of(ANN))
    samples = [sample_of([chip], None, at_s) for at_s in np.arange(0, 20, 0.25)]
    challenge = Challenge("0" * 32, (Step.BLINK,), 0.9)
    result, progress = judge_pad(samples, judge_samples(samples, 1), PadMode.ACTIVE, challenge)
    assert progress is not None
    assert progress.failure is Failure.DEADLINE
    assert result.verdict is PadVerdict.UNDECIDED


def turning(per_s: float, *turns: float) -> list[Sample]:
    """Somebody straight ahead, and then turned so far, so many pictures a second."""
    shown = [0.0] * 6 + list(turns)
    return [
        sample_of(
            [
                replace(
                    look(ANN, where=face(size=200)),
                    probe=vector_of(ANN),
                    features=Features(openness=0.3, turn=turn, length=1.0),
                )
            ],
            None,
            number / per_s,
        )
        for number, turn in enumerate(shown)
    ]


@pytest.mark.parametrize(
    ("per_s", "turns", "failure", "verdict"),
    [
        (10, (-0.5,), Failure.WRONG_STEP, PadVerdict.ATTACK),
        (4, (-0.5,), Failure.WRONG_STEP, PadVerdict.UNDECIDED),
        (10, (0.5, 0, -0.5), Failure.MISSED_STEP, PadVerdict.UNDECIDED),
    ],
    ids=["another turn", "another turn, before a slow camera", "another turn after a fast one"],
)
def test_who_was_not_seen_well_in_a_challenge_is_no_attack_yet(
    per_s: float, turns: Sequence[float], failure: Failure, verdict: PadVerdict
) -> None:
    samples = turning(per_s, *turns)
    challenge = Challenge("0" * 32, (Step.TURN_LEFT, Step.BLINK), 0.9)
    result, progress = judge_pad(samples, judge_samples(samples, 1), PadMode.ACTIVE, challenge)
    assert progress is not None
    assert (progress.failure, result.verdict) == (failure, verdict)
    assert result.evidence["challenge"]["frames_per_s"] == pytest.approx(per_s)  # type: ignore[index]


def between(employee: int, *, closest: int) -> Sample:
    """A face that is `employee`'s, and as near to the person that comes out first."""
    seen = look(closest, outcome=Outcome.AMBIGUOUS)
    return sample_of([replace(seen, probe=vector_of(employee))], None, 0)


@pytest.mark.parametrize(
    ("samples", "claimed", "outcome"),
    [
        ([between(ANN, closest=ANN)], ANN, Outcome.IDENTIFIED),
        ([between(ANN, closest=BEN)], ANN, Outcome.IDENTIFIED),
        ([between(BEN, closest=BEN)], ANN, Outcome.AMBIGUOUS),
        ([of(ANN)], ANN, Outcome.IDENTIFIED),
        ([of(BEN)], ANN, Outcome.AMBIGUOUS),
        ([of()], ANN, Outcome.NO_CANDIDATE),
        ([NOBODY], ANN, Outcome.NO_FACE),
    ],
    ids=[
        "a PIN decides between two",
        "a PIN decides for the second",
        "a stolen PIN does not make a face match",
        "a clear face stays clear",
        "somebody else's PIN casts doubt on a clear face",
        "a stranger with a PIN is a stranger",
        "a PIN is no face",
    ],
)
def test_a_pin_or_badge_helps_only_a_face_that_matches_it(
    samples: Sequence[Sample], claimed: int, outcome: Outcome
) -> None:
    judged = confirm(judge_samples(samples, 1), samples, person(claimed), 0.95)
    assert judged.outcome is outcome
    if outcome is Outcome.IDENTIFIED:
        assert judged.sample.employee == claimed


def test_a_pin_for_the_less_like_of_two_leaves_no_lead_and_never_a_negative_one() -> None:
    """The wire knows leads from 0 to 2: an event with another would be refused, and lost."""
    seen = look(BEN, outcome=Outcome.AMBIGUOUS, similarity=0.999)
    nearly = (vector_of(ANN) + 0.2 * vector_of(7)).astype(np.float32)
    probe = nearly / np.linalg.norm(nearly)
    sample = sample_of([replace(seen, probe=probe)], None, 0)
    judged = confirm(judge_samples([sample], 1), [sample], person(ANN), 0.95)
    assert judged.sample.seen is not None
    candidate = judged.sample.seen.candidate
    assert candidate is not None
    assert candidate.person.employee == ANN
    assert candidate.similarity < 0.999
    assert candidate.margin == 0.0
