"""Answer a call of the recognition service: pictures in, who that is out.

Holds nothing between two calls but what gallery and outbox hold, so that several services
may stand behind one balancer. Safe to use from several threads.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from device_bridge.domain.access import Claim
from device_bridge.domain.capture import Face, Frame, ImageU8
from device_bridge.domain.challenge import Challenge, Progress
from device_bridge.domain.clearance import is_cleared
from device_bridge.domain.event import CaptureTime, Outcome, Sighting
from device_bridge.domain.gate import Gate
from device_bridge.domain.guidance import Guidance
from device_bridge.domain.liveness import PadMode, PadResult, PadVerdict
from device_bridge.domain.quality import MATCH, Quality, assess
from device_bridge.domain.sample import (
    Judgement,
    Sample,
    confirm,
    judge_pad,
    judge_samples,
    sample_of,
)
from device_bridge.domain.template import Vectors
from device_bridge.domain.visit import Observation
from device_bridge.pipeline.observe import Observer
from device_bridge.pipeline.read import Reader
from device_bridge.ports import FaceDetector, FaceEmbedder, Outbox, People

_OF_A_KIOSK = uuid.UUID("0d0c6f6a-2c1f-4f0e-9a53-6f1f5a1c7e42")

SMALLEST_PX = 16
"""Faces are looked at from this height on, so that somebody too far away can be told so."""

CONCLUSIVE = {Outcome.IDENTIFIED, Outcome.NO_CLEARANCE, Outcome.PRESENTATION_ATTACK}
"""Written as soon as they are found; the others only when whoever asks gives up."""

WRITTEN = CONCLUSIVE | {Outcome.NO_CANDIDATE, Outcome.AMBIGUOUS}


@dataclass(frozen=True, slots=True)
class Visit:
    """What a kiosk tells of a visit besides its pictures.

    Attributes:
        encounter: made by the browser; the same for every try of one visit.
        final: no further try will follow, so that strangers are written, too.
        challenge: the one that the pictures answer, if there was one.
        claim: the PIN or badge that the person has shown besides, as Odoo says.
        after: the encounter told just before this one. Whoever has stayed since is not written
            again: their face tells it, however close the next person stands.
    """

    encounter: str
    final: bool = True
    challenge: Challenge | None = None
    claim: Claim | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Identification:
    """The answer to one call; what a kiosk's screen shows and nothing else.

    Attributes:
        outcome: None while the gate's attack detection is undecided and nothing is final.
        event: UUID of the event, None if none was written.
        employee, display_name, similarity: of whoever was identified (refused for want of
            clearance, too), else None: nobody learns whom they nearly look like.
        quality, face, guidance: of the deciding picture; None if it had no face, or the
            answer is that of an earlier call.
    """

    outcome: Outcome | None
    captured_at: str | None = None
    event: str | None = None
    employee: int | None = None
    display_name: str | None = None
    similarity: float | None = None
    pad: PadVerdict = PadVerdict.OFF
    progress: Progress | None = None
    quality: Quality | None = None
    face: Face | None = None
    guidance: Guidance | None = None


class Recognition:
    """Everything the service can do with pictures.

    Args:
        on_commit: called after each commit, to wake the delivery.
    """

    def __init__(
        self,
        *,
        detector: FaceDetector,
        embedder: FaceEmbedder,
        people: People,
        observer: Observer,
        outbox: Outbox,
        on_commit: Callable[[], None],
    ) -> None:
        self.reader = Reader(detector, embedder)
        self._people, self._observer = people, observer
        self._outbox, self._on_commit = outbox, on_commit

    @property
    def model(self) -> str:
        return self.reader.model

    @property
    def dimension(self) -> int:
        return self.reader.dimension

    def prepare(self, gate: Gate) -> None:
        """Load what the gate's attack detection needs.

        Raises:
            WeightsMissing: it cannot be had; the gate must not decide without it.
        """
        self._observer.prepare(gate)

    def recall(self, gate: Gate, encounter: str) -> Identification | None:
        """The answer of an encounter that has been concluded, also before a restart."""
        event = self._outbox.find(event_uuid(gate.id, encounter))
        return None if event is None else self._recalled(event)

    def identify(
        self,
        images_bgr: Iterable[ImageU8],
        at_s: Sequence[float],
        gate: Gate,
        time: CaptureTime,
        visit: Visit | None,
    ) -> Identification:
        """Who is on the pictures, by the gate's rules.

        Args:
            images_bgr: at least one, oldest first; taken one at a time, so that a generator
                need not hold them all.
            at_s: when each was taken, as the sender says; only the challenge uses it.
            time: when they arrived; the event's.
            visit: None for a caller that stands at no gate: nothing is written then.

        Raises:
            StorageFull: the event could not be made durable; nothing was written.
        """
        samples = [
            self._sample(image, taken_s, gate, time)
            for image, taken_s in zip(images_bgr, at_s, strict=True)
        ]
        judgement = judge_samples(samples, gate.vote.k)
        claimed = visit.claim and self._people.person(visit.claim.employee) if visit else None
        if claimed:
            judgement = confirm(judgement, samples, claimed, gate.threshold)
        before = self.recall(gate, visit.after) if visit and visit.after else None
        if before and before.employee is not None and before.employee == _named(judgement):
            return before
        challenge = visit.challenge if visit else None
        pad, progress = judge_pad(samples, judgement, gate.pad, challenge)
        final = visit is None or visit.final
        outcome = _after_pad(judgement.outcome, pad, final=final)
        outcome = self._after_clearance(outcome, judgement, gate, time)
        found = _found(outcome, judgement, pad, progress)
        seen = judgement.sample.seen
        written = outcome in (WRITTEN if final else CONCLUSIVE)
        if visit is None or outcome is None or seen is None or not written:
            return found
        if before and before.employee is None and before.outcome is outcome:
            return before  # a stranger, or a picture, that is still there
        sighting = self._sighting(outcome, judgement, seen, pad, gate, time, visit)
        event = self._outbox.commit(sighting, event_uuid(gate.id, visit.encounter))
        self._on_commit()
        kept = self._recalled(event)
        if kept.outcome is not outcome or kept.employee != found.employee:
            return kept  # another call of this encounter was faster, and its answer stands
        return replace(found, event=kept.event, captured_at=kept.captured_at)

    def references(self, employee: int) -> Vectors | None:
        """(n, dimension) templates of somebody enrolled; None if they are not."""
        person = self._people.person(employee)
        return None if person is None else person.vectors

    def _sample(self, image: ImageU8, at_s: float, gate: Gate, time: CaptureTime) -> Sample:
        all_sizes = replace(gate, min_face_px=SMALLEST_PX)
        observations = self._observer.observe(Frame(image, time, 0), all_sizes)
        if not observations:
            return Sample(0, at_s=at_s)
        face = observations[0].face
        chip = self.reader.chip(image, face)
        least_px = max(MATCH.min_face_px, gate.min_face_px)
        thresholds = replace(MATCH, min_face_px=least_px)
        quality = None if chip is None else assess(face, chip, image.shape, thresholds)
        if quality is None or quality.defects:
            unfit = replace(observations[0], outcome=Outcome.LOW_QUALITY)
            observations = [unfit, *observations[1:]]
        return sample_of(observations, quality, at_s)

    def _after_clearance(
        self, outcome: Outcome | None, judgement: Judgement, gate: Gate, time: CaptureTime
    ) -> Outcome | None:
        seen = judgement.sample.seen
        if outcome is not Outcome.IDENTIFIED or seen is None or seen.candidate is None:
            return outcome
        person = seen.candidate.person
        cleared = is_cleared(person, time.captured_at, gate.timezone, gate.clearance)
        return Outcome.IDENTIFIED if cleared else Outcome.NO_CLEARANCE

    def _sighting(
        self,
        outcome: Outcome,
        judgement: Judgement,
        seen: Observation,
        pad: PadResult,
        gate: Gate,
        time: CaptureTime,
        visit: Visit,
    ) -> Sighting:
        candidate = seen.candidate
        is_somebody = outcome in {Outcome.IDENTIFIED, Outcome.NO_CLEARANCE}
        return Sighting(
            gate=gate.id,
            outcome=outcome,
            time=time,
            employee=candidate.person.employee if candidate and is_somebody else None,
            template_model=self.model,
            similarity=None if candidate is None else candidate.similarity,
            margin=None if candidate is None else candidate.margin,
            pad=str(pad.verdict),
            evidence={
                "votes": judgement.votes,
                "frames": judgement.frames,
                "face_px": round(seen.face.height_px),
                "encounter": visit.encounter,
                **({"factors": ["face", visit.claim.factor]} if visit.claim else {}),
                **pad.evidence,
            },
            source="kiosk",
        )

    def _recalled(self, event: dict[str, Any]) -> Identification:
        employee = event["employee"]
        person = None if employee is None else self._people.person(employee)
        return Identification(
            outcome=Outcome(event["outcome"]),
            captured_at=event["captured_at"],
            event=event["uuid"],
            employee=employee,
            display_name=None if person is None else person.display_name,
            similarity=None if employee is None else event["similarity"],
            pad=PadVerdict(event["pad"]),
        )


def event_uuid(gate: int, encounter: str) -> str:
    """The UUID of the event of an encounter: the same at every service of this gate.

    Derived, so that a browser cannot claim the UUID of somebody else's event.
    """
    return str(uuid.uuid5(_OF_A_KIOSK, f"{gate}:{encounter}"))


def _named(judgement: Judgement) -> int | None:
    """Whom the face names, whatever else the gate asks for."""
    return judgement.sample.employee if judgement.outcome is Outcome.IDENTIFIED else None


def _after_pad(outcome: Outcome, pad: PadResult, *, final: bool) -> Outcome | None:
    """Nobody is named who may be a picture; None while another try may settle it."""
    if outcome is not Outcome.IDENTIFIED or pad.lets_pass:
        return outcome
    if pad.verdict is PadVerdict.ATTACK or final:
        return Outcome.PRESENTATION_ATTACK
    return None


def _found(
    outcome: Outcome | None, judgement: Judgement, pad: PadResult, progress: Progress | None
) -> Identification:
    sample = judgement.sample
    candidate = sample.seen.candidate if sample.seen else None
    named = outcome in {Outcome.IDENTIFIED, Outcome.NO_CLEARANCE} and candidate is not None
    tell = progress.guidance if progress and outcome is None else sample.guidance
    return Identification(
        outcome=outcome,
        employee=candidate.person.employee if named and candidate else None,
        display_name=candidate.person.display_name if named and candidate else None,
        similarity=round(candidate.similarity, 4) if named and candidate else None,
        pad=pad.verdict,
        progress=progress,
        quality=sample.quality,
        face=sample.seen.face if sample.seen else None,
        guidance=tell,
    )


def needs_challenge(mode: PadMode, answer: Identification) -> bool:
    """Whether the next thing to do is an active challenge."""
    return answer.outcome is None and mode.is_active and answer.progress is None
