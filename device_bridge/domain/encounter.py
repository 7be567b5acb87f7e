"""Encounters: from faces in frames to one decision per visit.

An encounter's state belongs to one gate. Nothing here reads a clock, a camera or a
file: the time is the frame's own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np

from device_bridge.domain.capture import Face
from device_bridge.domain.event import CaptureTime, Outcome
from device_bridge.domain.gate import Gate
from device_bridge.domain.template import Candidate, Vectors
from device_bridge.domain.track import match_tracks
from device_bridge.domain.vote import Ballot, Look, tally

GONE_AFTER_S = 1.0
"""A face not seen for this long has left; shorter gaps are blinks of the detector."""

SAME_STRANGER_S = 10.0
"""After a restart a stranger seen within this time of one announced before is the same."""

MOST_LOOKS = 64
"""Looks and fingerprints kept per face, so that somebody who stands there all day costs
no more memory than somebody who passes. Larger than any sensible n of a vote."""

_NO_VECTORS: Vectors = np.zeros((0, 0), np.float32)


@dataclass(frozen=True, slots=True)
class Observation:
    """What one frame says of one face.

    Attributes:
        fingerprint: of the face's pixels; equal for copies of a frame.
        outcome: identified, no_candidate, ambiguous, or low_quality for a face that
            was not compared.
        probe: (dimension,) float32 of length one, None if it was not compared.
    """

    face: Face
    fingerprint: int
    outcome: Outcome
    candidate: Candidate | None = None
    probe: Vectors | None = None


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What an encounter came to.

    Attributes:
        outcome: identified, refractory, no_candidate, ambiguous, or low_quality for a
            face that left without ever being compared often enough.
        time: capture time of the first look that counted (of the first frame, for
            low_quality).
        seen: when the face first reached the gate's size, passing or not.
        votes, frames: looks that agreed, and frames in which the face was seen.
        face_px: height of the face at the deciding look.
    """

    outcome: Outcome
    candidate: Candidate | None
    time: CaptureTime
    seen: CaptureTime
    votes: int
    frames: int
    face_px: int


@dataclass(slots=True)
class _Track:
    face: Face
    seen: CaptureTime
    last: CaptureTime
    looks: deque[Look] = field(default_factory=lambda: deque(maxlen=MOST_LOOKS))
    fingerprints: deque[int] = field(default_factory=lambda: deque(maxlen=MOST_LOOKS))
    first_look: CaptureTime | None = None
    frames: int = 0
    probe: Vectors | None = None
    settled_as: int | None = None
    settled: bool = False


class Encounters:
    """Follows the faces at one gate and concludes each visit once."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._tracks: list[_Track] = []
        self._visits: dict[int, datetime] = {}
        self._strangers: deque[tuple[datetime, Vectors]] = deque(maxlen=32)
        self._stranger_before: datetime | None = None

    def remember(self, employee: int, captured_at: datetime) -> None:
        """A visit known from before this process, so that a restart does not repeat it."""
        self._visits[employee] = max(captured_at, self._visits.get(employee, captured_at))

    def remember_stranger(self, captured_at: datetime) -> None:
        """A stranger announced before this process; whoever is there right after is the same."""
        self._stranger_before = captured_at

    def adopt(self, gate: Gate) -> None:
        """The gate's settings have changed; encounters under way go on under the new ones."""
        self._gate = gate

    def see(self, observations: Sequence[Observation], time: CaptureTime) -> list[Conclusion]:
        """Take in one frame's faces and return what they settle.

        Args:
            observations: of faces of at least the gate's `min_face_px`.
        """
        self._forget_strangers(time.captured_at)
        conclusions = self._forget(time)
        continued = match_tracks(
            [track.face for track in self._tracks], [seen.face for seen in observations]
        )
        known = list(self._tracks)
        for observation, index in zip(observations, continued, strict=True):
            if index is None:
                track = _Track(observation.face, seen=time, last=time)
                self._tracks.append(track)
            else:
                track = known[index]
            self._look(track, observation, time)
        return conclusions + [done for track in self._tracks if (done := self._settle(track, time))]

    def leave(self) -> list[Conclusion]:
        """The camera has ended: settle everyone still in view."""
        return self._forget(None)

    def _look(self, track: _Track, observation: Observation, time: CaptureTime) -> None:
        track.face, track.last = observation.face, time
        track.frames += 1
        if observation.fingerprint in track.fingerprints:
            return  # a copy of a frame is no second opinion
        track.fingerprints.append(observation.fingerprint)
        if observation.outcome is Outcome.LOW_QUALITY:
            return
        track.probe = observation.probe
        track.looks.append(Look(observation.outcome, observation.candidate, time))
        track.first_look = track.first_look or time

    def _settle(self, track: _Track, now: CaptureTime, *, final: bool = False) -> Conclusion | None:
        if track.first_look is None:
            return None
        policy = self._gate.vote
        overdue = final or now.seconds_since(track.first_look) >= policy.within_s
        ballot = tally(track.looks, policy, now, threshold=self._gate.threshold, overdue=overdue)
        if ballot is None:
            return None
        employee = ballot.looks[0].employee
        if track.settled and (employee is None or employee == track.settled_as):
            return None
        track.settled, track.settled_as = True, employee
        return self._conclude(track, ballot)

    def _conclude(self, track: _Track, ballot: Ballot) -> Conclusion:
        first = ballot.looks[0].time
        best = max(ballot.looks, key=_similarity)
        outcome = ballot.outcome
        employee = ballot.looks[0].employee
        repeated = (
            self._is_repeat(employee, first.captured_at)
            if employee is not None
            else self._is_same_stranger(track, first.captured_at)
        )
        if repeated:
            outcome = Outcome.REFRACTORY
        elif employee is not None:
            self._visits[employee] = first.captured_at
        return Conclusion(
            outcome=outcome,
            # a stranger who is still there must not be taken for whoever looks most like them
            candidate=None if repeated and employee is None else _without_vectors(best.candidate),
            time=first,
            seen=track.seen,
            votes=len(ballot.looks),
            frames=track.frames,
            face_px=round(track.face.height_px),
        )

    def _is_repeat(self, employee: int, at: datetime) -> bool:
        last = self._visits.get(employee)
        return last is not None and abs((at - last).total_seconds()) < self._gate.refractory_s

    def _is_same_stranger(self, track: _Track, at: datetime) -> bool:
        """Whether this stranger was announced a moment ago; remembers them if not.

        Their template lives in memory for the refractory period only.
        """
        before, self._stranger_before = self._stranger_before, None
        if before is not None and abs((at - before).total_seconds()) < SAME_STRANGER_S:
            return True
        if track.probe is None:
            return False
        probe = track.probe
        same = any(float(seen @ probe) >= self._gate.threshold for _, seen in self._strangers)
        if not same:
            self._strangers.append((at, probe))
        return same

    def _forget_strangers(self, at: datetime) -> None:
        while self._strangers and not self._recent(self._strangers[0][0], at):
            self._strangers.popleft()

    def _recent(self, then: datetime, at: datetime) -> bool:
        return abs((at - then).total_seconds()) < self._gate.refractory_s

    def _forget(self, now: CaptureTime | None) -> list[Conclusion]:
        """Settle and drop the faces that have left by `now`; all of them for None."""
        staying: list[_Track] = []
        gone: list[_Track] = []
        for track in self._tracks:
            left = now is None or now.seconds_since(track.last) > GONE_AFTER_S
            (gone if left else staying).append(track)
        self._tracks = staying
        conclusions = []
        for track in gone:
            done = self._settle(track, track.last, final=True)
            if done is None and not track.settled and track.frames >= self._gate.vote.k:
                done = _unresolved(track)
            if done is not None:
                conclusions.append(done)
        return conclusions


def _unresolved(track: _Track) -> Conclusion:
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


def _without_vectors(candidate: Candidate | None) -> Candidate | None:
    """Whoever keeps a conclusion must not keep the templates of a person erased meanwhile."""
    if candidate is None:
        return None
    return replace(candidate, person=replace(candidate.person, vectors=_NO_VECTORS))


def _similarity(look: Look) -> float:
    return -1.0 if look.candidate is None else look.candidate.similarity
