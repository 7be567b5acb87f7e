"""A few pictures of one visit, judged at once: what a kiosk sends.

A gate follows a face from frame to frame (encounter.py); a kiosk has waited for a good
frame, and sends one or some. Nothing is remembered between two calls.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from device_bridge.domain.capture import is_bystander
from device_bridge.domain.challenge import Challenge, Failure, Moment, Progress, State
from device_bridge.domain.event import Outcome
from device_bridge.domain.fingerprint import Fingerprint, is_copy
from device_bridge.domain.guidance import Guidance, guidance
from device_bridge.domain.judge import judge
from device_bridge.domain.liveness import OFF, PadMode, PadResult, PadVerdict, combine, vote
from device_bridge.domain.quality import Quality
from device_bridge.domain.template import Candidate, Person, Vectors
from device_bridge.domain.visit import Observation

FEW_PER_S = 6.0
"""With fewer pictures a second the way of a head between straight and turned is missed."""

_VERDICTS = {
    State.RUNNING: PadVerdict.UNDECIDED,
    State.PASSED: PadVerdict.BONA_FIDE,
    State.FAILED: PadVerdict.ATTACK,
}


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture, and the face in it that counts: the largest.

    Attributes:
        faces: how many people are in it; bystanders far behind are none.
        seen: None without a face.
        quality: of that face.
        at_s: when it was taken, as whoever took it says; any origin.
    """

    faces: int
    seen: Observation | None = None
    quality: Quality | None = None
    at_s: float = 0.0

    @property
    def outcome(self) -> Outcome:
        """The observation's, or why there is none that could count."""
        if self.seen is None:
            return Outcome.NO_FACE
        return Outcome.MULTIPLE_FACES if self.faces > 1 else self.seen.outcome

    @property
    def is_compared(self) -> bool:
        return self.outcome in {Outcome.IDENTIFIED, Outcome.NO_CANDIDATE, Outcome.AMBIGUOUS}

    @property
    def employee(self) -> int | None:
        """Whom it names; None if nobody."""
        if self.outcome is not Outcome.IDENTIFIED or self.seen is None:
            return None
        return None if self.seen.candidate is None else self.seen.candidate.person.employee

    @property
    def guidance(self) -> Guidance | None:
        """What would make a better picture."""
        return guidance(self.quality.defects if self.quality else (), faces=self.faces)


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


def sample_of(observations: Sequence[Observation], quality: Quality | None, at_s: float) -> Sample:
    """The sample of one picture's faces, largest first; `quality` is the largest one's."""
    if not observations:
        return Sample(0, at_s=at_s)
    main, *others = observations
    people = 1 + sum(not is_bystander(main.face, one.face) for one in others)
    return Sample(people, main, quality, at_s)


def judge_samples(samples: Sequence[Sample], k: int) -> Judgement:
    """The outcome on which at least min(k, number of pictures) agree.

    Copies of a picture are one. Two pictures that name two people name nobody, and so does
    one that names somebody beside one that does not: that is ambiguous. Too few pictures to be
    sure, which agree, are not good enough. A picture in which nobody could be compared
    says nothing, unless all are so; then the last one tells what to better.

    Args:
        samples: at least one, oldest first.
        k: looks that must agree at this gate.
    """
    different = _without_copies(samples)
    compared = [one for one in different if one.is_compared]
    if not compared:
        return Judgement(different[-1].outcome, different[-1], 0, len(different))
    names = Counter(one.employee for one in compared if one.employee is not None)
    if not names:
        return _nobody(compared, len(different))
    [(employee, votes), *others] = names.most_common()
    short = votes < min(k, len(different))
    if others or (short and votes < len(compared)):
        return Judgement(Outcome.AMBIGUOUS, compared[-1], votes, len(different))
    if short:
        return Judgement(Outcome.LOW_QUALITY, compared[-1], votes, len(different))
    best = max((one for one in compared if one.employee == employee), key=_similarity)
    return Judgement(Outcome.IDENTIFIED, best, votes, len(different))


def confirm(
    judgement: Judgement, samples: Sequence[Sample], claimed: Person, threshold: float
) -> Judgement:
    """The judgement on somebody who has also shown a PIN or a badge.

    Only who stands between two people too close to tell apart is helped by it: the face
    must match the claimed person by the same threshold. A face that is clearly another's
    stays unclear, and a stranger a stranger.
    """
    if judgement.outcome is Outcome.IDENTIFIED and judgement.sample.employee != claimed.employee:
        return replace(judgement, outcome=Outcome.AMBIGUOUS)
    if judgement.outcome is not Outcome.AMBIGUOUS:
        return judgement
    agreeing = [one for one in (_as_claimed(each, claimed) for each in samples) if one]
    best = max(agreeing, key=_similarity, default=None)
    if best is None or _similarity(best) < threshold:
        return judgement
    return Judgement(Outcome.IDENTIFIED, best, len(agreeing), judgement.frames)


def judge_pad(
    samples: Sequence[Sample], judgement: Judgement, mode: PadMode, challenge: Challenge | None
) -> tuple[PadResult, Progress | None]:
    """Whether it is the identified person in the flesh, by what the gate asks for.

    What could not be measured, and a challenge that was not taken, stay undecided.

    Returns:
        The verdict, and how far the challenge has come if there is one.
    """
    if mode is PadMode.OFF:
        return OFF, None
    if judgement.outcome is not Outcome.IDENTIFIED:
        return PadResult(PadVerdict.UNDECIDED), None
    verdicts: list[PadVerdict] = []
    evidence: dict[str, object] = {}
    progress = None
    if mode.is_passive:
        looks = [
            one.seen.pad_look
            for one in _without_copies(samples)
            if one.seen and one.seen.pad_look and one.employee == judgement.sample.employee
        ]
        verdicts.append(vote(looks))
        evidence["pad_frames"] = len(looks)
    if mode.is_active:
        if challenge is not None:
            progress = judge(challenge, _moments(samples, _vectors(judgement)))
            evidence["challenge"] = {
                "nonce": challenge.nonce,
                "steps": [str(step) for step in challenge.steps],
                "steps_done": progress.steps_done,
                "failure": progress.failure and str(progress.failure),
                "frames_per_s": round(_per_s(samples), 1),
            }
        verdicts.append(_verdict(progress, _per_s(samples)))
    return PadResult(combine(verdicts), evidence=evidence), progress


def _verdict(progress: Progress | None, per_s: float) -> PadVerdict:
    """Whoever was only too slow, or too fast, has not been found out: they may try once more. Nor
    has anybody before a camera that misses half of what they do; but nobody passes by it."""
    if progress is None or progress.failure in {Failure.DEADLINE, Failure.MISSED_STEP}:
        return PadVerdict.UNDECIDED
    if progress.failure is Failure.WRONG_STEP and per_s < FEW_PER_S:
        return PadVerdict.UNDECIDED
    return _VERDICTS[progress.state]


def _per_s(samples: Sequence[Sample]) -> float:
    """Pictures a second of a challenge, whatever they show."""
    span_s = samples[-1].at_s - samples[0].at_s
    return (len(samples) - 1) / span_s if span_s > 0 else 0.0


def _vectors(judgement: Judgement) -> Vectors | None:
    seen = judgement.sample.seen
    return None if seen is None or seen.candidate is None else seen.candidate.person.vectors


def _as_claimed(sample: Sample, claimed: Person) -> Sample | None:
    """The sample with the claimed person as its candidate; None if it could not be compared."""
    seen = sample.seen
    if seen is None or seen.probe is None or seen.candidate is None or not sample.is_compared:
        return None
    similarity = min(1.0, float((claimed.vectors @ seen.probe).max()))
    if seen.candidate.person.employee == claimed.employee:
        margin = seen.candidate.margin
    else:
        # the other of the two may be the closer one: then there is no lead
        margin = max(0.0, similarity - seen.candidate.similarity)
    candidate = Candidate(claimed, similarity, margin)
    return replace(sample, seen=replace(seen, outcome=Outcome.IDENTIFIED, candidate=candidate))


def _moments(samples: Sequence[Sample], person: Vectors | None) -> list[Moment]:
    """What the challenge's judge is told; a copy of a picture shows nothing new."""
    known: list[Fingerprint] = []
    moments = []
    for one in samples:
        if one.seen is not None and is_copy(one.seen.fingerprint, known):
            moments.append(Moment(one.at_s, one.faces))
            continue
        if one.seen is not None:
            known.append(one.seen.fingerprint)
        moments.append(_moment(one, person))
    return moments


def _moment(sample: Sample, person: Vectors | None) -> Moment:
    seen = sample.seen
    if seen is None:
        return Moment(sample.at_s, sample.faces)
    comparable = person is not None and seen.probe is not None
    similarity = float((person @ seen.probe).max()) if comparable else None  # type: ignore[operator]
    return Moment(sample.at_s, sample.faces, seen.face, seen.features, similarity)


def _nobody(compared: Sequence[Sample], frames: int) -> Judgement:
    """A stranger, unless some picture was too close between two people to say even that."""
    unclear = [one for one in compared if one.outcome is Outcome.AMBIGUOUS]
    agreeing = unclear or compared
    return Judgement(agreeing[-1].outcome, agreeing[-1], len(agreeing), frames)


def _without_copies(samples: Sequence[Sample]) -> list[Sample]:
    known: list[Fingerprint] = []
    different = []
    for one in samples:
        if one.seen is not None:
            if is_copy(one.seen.fingerprint, known):
                continue
            known.append(one.seen.fingerprint)
        different.append(one)
    return different


def _similarity(sample: Sample) -> float:
    candidate = sample.seen.candidate if sample.seen else None
    return -1.0 if candidate is None else candidate.similarity
