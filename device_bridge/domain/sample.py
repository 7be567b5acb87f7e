"""A handful of pictures of one visit, judged at once: what a kiosk sends.

A gate follows a face from frame to frame (encounter.py); a kiosk has already waited for a
good frame, and sends one or a few. Nothing is remembered between two calls.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from device_bridge.domain.capture import Face
from device_bridge.domain.event import Outcome
from device_bridge.domain.quality import Quality
from device_bridge.domain.template import Candidate, Vectors


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture, and the face in it that counts: the largest.

    Attributes:
        outcome: identified, no_candidate, ambiguous; or no_face, multiple_faces or
            low_quality for a picture in which nobody was compared.
        face, quality: None only without a face.
        fingerprint: of the face's pixels; equal for copies of a picture.
        probe: (dimension,) float32 of length one, None if it was not compared.
    """

    outcome: Outcome
    face: Face | None = None
    quality: Quality | None = None
    fingerprint: int | None = None
    candidate: Candidate | None = None
    probe: Vectors | None = None

    @property
    def employee(self) -> int | None:
        """Whom it names; None if nobody."""
        if self.outcome is not Outcome.IDENTIFIED or self.candidate is None:
            return None
        return self.candidate.person.employee


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the pictures came to.

    Attributes:
        sample: the picture that decided.
        votes, frames: pictures that agree, and pictures that differ from each other.
    """

    outcome: Outcome
    sample: Sample
    votes: int
    frames: int


def judge_samples(samples: Sequence[Sample], k: int) -> Judgement:
    """The outcome on which at least min(k, number of pictures) agree.

    Copies of a picture are one. Two pictures that name two people name nobody, and so do
    fewer than it takes: that is ambiguous. A picture in which nobody could be compared
    says nothing, unless all are so; then the last one tells what to better.

    Args:
        samples: at least one, oldest first.
        k: looks that must agree at this gate.
    """
    different = _without_copies(samples)
    compared = [one for one in different if one.probe is not None]
    if not compared:
        return Judgement(different[-1].outcome, different[-1], 0, len(different))
    names = Counter(one.employee for one in compared)
    employee, votes = names.most_common(1)[0]
    enough = votes >= min(k, len(different))
    if employee is not None and enough and set(names) <= {employee, None}:
        agreeing = [one for one in compared if one.employee == employee]
        best = max(agreeing, key=_similarity)
        return Judgement(Outcome.IDENTIFIED, best, votes, len(different))
    if set(names) == {None}:
        return _nobody(compared, len(different))
    return Judgement(Outcome.AMBIGUOUS, compared[-1], 0, len(different))


def _nobody(compared: Sequence[Sample], frames: int) -> Judgement:
    """A stranger, unless some picture was too close between two people to say even that."""
    unclear = [one for one in compared if one.outcome is Outcome.AMBIGUOUS]
    agreeing = unclear or compared
    return Judgement(agreeing[-1].outcome, agreeing[-1], len(agreeing), frames)


def _without_copies(samples: Sequence[Sample]) -> list[Sample]:
    seen: set[int] = set()
    different = []
    for one in samples:
        if one.fingerprint is not None and one.fingerprint in seen:
            continue
        if one.fingerprint is not None:
            seen.add(one.fingerprint)
        different.append(one)
    return different


def _similarity(sample: Sample) -> float:
    return -1.0 if sample.candidate is None else sample.candidate.similarity
