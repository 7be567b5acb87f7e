"""One face followed through the frames, and what there is to say of it in the end."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

import numpy as np

from device_bridge.domain.capture import Face
from device_bridge.domain.challenge import Moment
from device_bridge.domain.event import CaptureTime, Outcome
from device_bridge.domain.fingerprint import Fingerprint, is_copy
from device_bridge.domain.landmarks import Features
from device_bridge.domain.liveness import OFF, PadCheck, PadLook, PadResult
from device_bridge.domain.quality import Defect
from device_bridge.domain.template import Candidate, Vectors
from device_bridge.domain.vote import Ballot, Look

MOST_LOOKS = 64
"""Looks and fingerprints kept per face, so that somebody who stands there all day costs
no more memory than somebody who passes. Larger than any sensible n of a vote."""

_NO_VECTORS: Vectors = np.zeros((0, 0), np.float32)


@dataclass(frozen=True, slots=True)
class Observation:
    """What one frame says of one face.

    Attributes:
        fingerprint: tells copies of a frame from a further look.
        outcome: identified, no_candidate, ambiguous, or low_quality for a face that
            was not compared.
        probe: (dimension,) float32 of length one, None if it was not compared.
        defects: why it was not compared.
        pad_look: of the passive detector, at gates that ask for it.
        features: of eyes and pose, at gates that ask for the active challenge.
    """

    face: Face
    fingerprint: Fingerprint
    outcome: Outcome
    candidate: Candidate | None = None
    probe: Vectors | None = None
    defects: tuple[Defect, ...] = ()
    pad_look: PadLook | None = None
    features: Features | None = None


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What an encounter came to.

    Attributes:
        outcome: identified, presentation_attack, refractory, no_candidate, ambiguous, or
            low_quality for a face that left without ever being compared often enough.
        candidate: with presentation_attack, whose face was presented.
        time: capture time of the first look that counted (of the first frame, for
            low_quality).
        seen: when the face first reached the gate's size, passing or not.
        votes, frames: looks that agreed, and frames in which the face was seen.
        face_px: height of the face at the deciding look.
        probe: of an ambiguous face, so that a badge may still settle who it is; it goes no
            further than the thread that attends the gate.
    """

    outcome: Outcome
    candidate: Candidate | None
    time: CaptureTime
    seen: CaptureTime
    votes: int
    frames: int
    face_px: int
    pad: PadResult = OFF
    probe: Vectors | None = None


@dataclass(slots=True)
class Track:
    face: Face
    seen: CaptureTime
    last: CaptureTime
    looks: deque[Look] = field(default_factory=lambda: deque(maxlen=MOST_LOOKS))
    fingerprints: deque[Fingerprint] = field(default_factory=lambda: deque(maxlen=MOST_LOOKS))
    first_look: CaptureTime | None = None
    frames: int = 0
    probe: Vectors | None = None
    unfit: int = 0
    defects: tuple[Defect, ...] = ()
    check: PadCheck = field(default_factory=PadCheck)
    claim: Ballot | None = None
    settled_as: int | None = None
    settled: bool = False

    def age_s(self, now: CaptureTime) -> float:
        return now.seconds_since(self.seen)

    def look(self, observation: Observation, now: CaptureTime, faces: int) -> None:
        """Take in one frame.

        Args:
            faces: how many people are in front of the camera.
        """
        self.face, self.last = observation.face, now
        self.frames += 1
        if is_copy(observation.fingerprint, self.fingerprints):
            self.check.see(Moment(self.age_s(now), faces))
            return  # a copy of a frame is no second opinion
        self.fingerprints.append(observation.fingerprint)
        self.check.see(self._moment(observation, now, faces))
        self.defects = observation.defects
        self.unfit = self.unfit + 1 if observation.defects else 0
        if observation.outcome is Outcome.LOW_QUALITY:
            return
        look = Look(observation.outcome, observation.candidate, now)
        if observation.pad_look is not None and look.employee is not None:
            self.check.look(look.employee, observation.pad_look)
        self.probe = observation.probe
        self.looks.append(look)
        self.first_look = self.first_look or now

    def _moment(self, observation: Observation, now: CaptureTime, faces: int) -> Moment:
        """What the challenge's judge is told of a frame."""
        similarity = None
        if self.claim is not None and observation.probe is not None:
            claimed = self.claim.looks[0].candidate
            if claimed is not None:
                similarity = float((claimed.person.vectors @ observation.probe).max())
        return Moment(self.age_s(now), faces, observation.face, observation.features, similarity)


def unresolved(track: Track) -> Conclusion:
    """A face that stayed for a while without ever being recognised or refused."""
    return Conclusion(
        outcome=Outcome.LOW_QUALITY,
        candidate=None,
        time=track.seen,
        seen=track.seen,
        votes=0,
        frames=track.frames,
        face_px=round(track.face.height_px),
    )


def without_vectors(candidate: Candidate | None) -> Candidate | None:
    """Whoever keeps a conclusion must not keep the templates of a person erased meanwhile."""
    if candidate is None:
        return None
    return replace(candidate, person=replace(candidate.person, vectors=_NO_VECTORS))
