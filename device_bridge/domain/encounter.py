"""Encounters: from faces in frames to one decision per visit.

An encounter's state belongs to one gate. Nothing here reads a clock, a camera or a
file: the time is the frame's own.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from device_bridge.domain.capture import is_bystander
from device_bridge.domain.event import CaptureTime, Outcome
from device_bridge.domain.gate import Gate
from device_bridge.domain.guidance import Guidance, guidance
from device_bridge.domain.liveness import OFF, PadCheck, PadMode, PadResult, PadVerdict
from device_bridge.domain.recent import RecentVisits
from device_bridge.domain.track import match_tracks
from device_bridge.domain.visit import (
    Conclusion,
    Observation,
    Track,
    unresolved,
    without_vectors,
)
from device_bridge.domain.vote import Ballot, Look, tally

GONE_AFTER_S = 1.0
"""A face not seen for this long has left; shorter gaps are blinks of the detector."""

UNFIT_FRAMES = 5
"""After so many unfit frames in a row somebody is told what to do about it."""


class Encounters:
    """Follows the faces at one gate and concludes each visit once."""

    def __init__(self, gate: Gate, chance: random.Random | None = None) -> None:
        """
        Args:
            chance: where challenges come from; unforeseeable unless a test says otherwise.
        """
        self._gate = gate
        self._chance = chance or secrets.SystemRandom()
        self._tracks: list[Track] = []
        self._recent = RecentVisits()

    def remember(self, employee: int, captured_at: datetime) -> None:
        """A visit known from before this process, so that a restart does not repeat it."""
        self._recent.remember(employee, captured_at)

    def remember_stranger(self, captured_at: datetime) -> None:
        """A stranger announced before this process; whoever is there right after is the same."""
        self._recent.remember_stranger(captured_at)

    def adopt(self, gate: Gate) -> None:
        """The gate's settings have changed; encounters under way go on under the new ones."""
        self._gate = gate

    def see(self, observations: Sequence[Observation], time: CaptureTime) -> list[Conclusion]:
        """Take in one frame's faces and return what they settle.

        Args:
            observations: of faces of at least the gate's `min_face_px`.
        """
        self._recent.forget_strangers(time.captured_at, self._gate.refractory_s)
        conclusions = self._forget(time)
        continued = match_tracks(
            [track.face for track in self._tracks], [seen.face for seen in observations]
        )
        known = list(self._tracks)
        for observation, index in zip(observations, continued, strict=True):
            if index is None:
                track = Track(observation.face, seen=time, last=time)
                self._tracks.append(track)
            else:
                track = known[index]
            faces = sum(not is_bystander(observation.face, one.face) for one in observations)
            track.look(observation, time, faces)
        return conclusions + [done for track in self._tracks if (done := self._settle(track, time))]

    def leave(self) -> list[Conclusion]:
        """The camera has ended: settle everyone still in view."""
        return self._forget(None)

    def hint(self, now: CaptureTime) -> Guidance | None:
        """What to tell whoever is closest and still waits, as of the frame just seen."""
        waiting = [
            one for one in self._tracks if one.last == now and (one.claim or not one.settled)
        ]
        if not waiting:
            return None
        nearest = max(waiting, key=lambda one: one.face.height_px)
        if nearest.claim is not None:
            return nearest.check.guidance
        return guidance(nearest.defects) if nearest.unfit >= UNFIT_FRAMES else None

    def _settle(self, track: Track, now: CaptureTime, *, final: bool = False) -> Conclusion | None:
        """Two stages: the vote says who it claims to be, then the gate's PAD has its say."""
        if track.claim is None:
            track.claim = self._ballot(track, now, final=final)
        if track.claim is None:
            return None
        employee = track.claim.looks[0].employee
        pad = self._check(track, employee, track.claim.looks[0].time, now, final=final)
        if pad is None:
            return None
        ballot, track.claim, track.check = track.claim, None, PadCheck()
        track.settled, track.settled_as = True, employee
        return self._conclude(track, ballot, pad)

    def _ballot(self, track: Track, now: CaptureTime, *, final: bool) -> Ballot | None:
        """What the looks agree on, if that is news."""
        if track.first_look is None:
            return None
        policy = self._gate.vote
        overdue = final or now.seconds_since(track.first_look) >= policy.within_s
        ballot = tally(track.looks, policy, now, threshold=self._gate.threshold, overdue=overdue)
        if ballot is None:
            return None
        employee = ballot.looks[0].employee
        is_known = track.settled and (employee is None or employee == track.settled_as)
        return None if is_known else ballot

    def _check(
        self,
        track: Track,
        employee: int | None,
        first: CaptureTime,
        now: CaptureTime,
        *,
        final: bool,
    ) -> PadResult | None:
        """The verdict, or None while it is worth waiting for.

        Strangers are not waited for: there is nothing to let them into. Whoever was here a
        moment ago is not asked to blink again, but gets no `bona_fide` for that either.
        """
        mode = self._gate.pad
        if employee is None:
            return PadResult(PadVerdict.UNDECIDED) if mode is not PadMode.OFF else OFF
        if not self._is_repeat(employee, first):
            track.check.begin(mode, track.age_s(now), self._chance, self._gate.threshold)
            return track.check.result(mode, employee, track.age_s(now), final=final)
        passive = PadMode.PASSIVE if mode.is_passive else PadMode.OFF
        track.check.begin(passive, track.age_s(now), self._chance, self._gate.threshold)
        pad = track.check.result(passive, employee, track.age_s(now), final=final)
        if pad is not None and pad.lets_pass and mode.is_active:
            return replace(pad, verdict=PadVerdict.UNDECIDED)
        return pad

    def _conclude(self, track: Track, ballot: Ballot, pad: PadResult) -> Conclusion:
        first = ballot.looks[0].time
        best = max(ballot.looks, key=_similarity)
        employee = ballot.looks[0].employee
        outcome = ballot.outcome
        if employee is None:
            at = first.captured_at
            if self._recent.has_stranger(track.probe, at, self._gate.threshold):
                outcome = Outcome.REFRACTORY
        elif pad.verdict is PadVerdict.ATTACK:
            outcome = Outcome.PRESENTATION_ATTACK
        elif self._is_repeat(employee, first):
            outcome = Outcome.REFRACTORY
        elif not pad.lets_pass:
            outcome = Outcome.PRESENTATION_ATTACK
        else:
            self._recent.remember(employee, first.captured_at)
        is_nobody = outcome is Outcome.REFRACTORY and employee is None
        return Conclusion(
            outcome=outcome,
            # a stranger who is still there must not be taken for whoever looks most like them
            candidate=None if is_nobody else without_vectors(best.candidate),
            time=first,
            seen=track.seen,
            votes=len(ballot.looks),
            frames=track.frames,
            face_px=round(track.face.height_px),
            pad=pad,
            probe=track.probe if outcome is Outcome.AMBIGUOUS else None,
        )

    def _is_repeat(self, employee: int, first: CaptureTime) -> bool:
        return self._recent.has(employee, first.captured_at, self._gate.refractory_s)

    def _forget(self, now: CaptureTime | None) -> list[Conclusion]:
        """Settle and drop the faces that have left by `now`; all of them for None."""
        staying: list[Track] = []
        gone: list[Track] = []
        for track in self._tracks:
            left = now is None or now.seconds_since(track.last) > GONE_AFTER_S
            (gone if left else staying).append(track)
        self._tracks = staying
        conclusions = []
        for track in gone:
            done = self._settle(track, track.last, final=True)
            if done is None and not track.settled and track.frames >= self._gate.vote.k:
                done = unresolved(track)
            if done is not None:
                conclusions.append(done)
        return conclusions


def _similarity(look: Look) -> float:
    return -1.0 if look.candidate is None else look.candidate.similarity
