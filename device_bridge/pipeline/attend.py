"""Attend one gate: from frames to committed events. Read this file first.

    camera → observe → encounters → clearance → outbox → feedback

The order is the promise: an event is committed to the outbox before anybody is
greeted, and what could not be committed is tried again at the next frame.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

from device_bridge.domain.capture import Frame
from device_bridge.domain.clearance import is_cleared
from device_bridge.domain.encounter import Encounters
from device_bridge.domain.event import CaptureTime, Outcome, Sighting, TimeSource, utc_text
from device_bridge.domain.gate import Gate
from device_bridge.domain.guidance import Guidance
from device_bridge.domain.notice import Notice
from device_bridge.domain.visit import Conclusion
from device_bridge.errors import NotReady, StorageFull, WeightsMissing
from device_bridge.pipeline.observe import Observer
from device_bridge.pipeline.second_factor import Case, SecondFactor
from device_bridge.pipeline.server_time import ServerTime
from device_bridge.ports import Camera, Clock, Feedback, Outbox

_log = logging.getLogger(__name__)

WRITTEN = {
    Outcome.IDENTIFIED,
    Outcome.NO_CANDIDATE,
    Outcome.AMBIGUOUS,
    Outcome.NO_CLEARANCE,
    Outcome.PRESENTATION_ATTACK,
}
"""Outcomes that become events; repeats and faces that never became clear are only counted."""

MOST_UNSTORED = 1000
"""Conclusions that wait in memory for a disk to be freed; the oldest give way.

Nobody was greeted and no door opened for them: whoever stands there is asked to tell the
office instead, and what gave way is counted (`given_up`).
"""

STALLED_S = 3.0
"""A camera that gave no frame for this long is reported as stalled."""


class Attendant:
    """Serves one gate with one camera.

    Args:
        settings: the gate as it is now; asked at every frame, so that a change made in
            Odoo holds at once.
        on_commit: called after each commit, to wake the delivery.
        at_work: entered for each frame; a frame that takes too long is noticed by it.
    """

    def __init__(
        self,
        *,
        settings: Callable[[], Gate],
        camera: Camera,
        observer: Observer,
        outbox: Outbox,
        feedback: Feedback,
        clock: Clock,
        server_time: ServerTime,
        model: str,
        on_commit: Callable[[], None],
        second_factor: SecondFactor | None = None,
        at_work: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._at_work = at_work
        self._settings, self._camera, self._observer = settings, camera, observer
        self._outbox, self._feedback, self._clock = outbox, feedback, clock
        self._server_time, self._model, self._on_commit = server_time, model, on_commit
        self._gate = settings()
        self.encounters = Encounters(self._gate)
        self._unstored: deque[Case] = deque(maxlen=MOST_UNSTORED)
        self._second_factor = second_factor or SecondFactor()
        self._refused: set[int] = set()
        self.given_up = 0
        self.frames = 0
        self.last_frame: CaptureTime | None = None
        self._hint: Guidance | None = None
        self._state = "starting"
        self._counted, self._counted_from_s = 0, clock.monotonic_s()

    def run(self) -> None:
        """Until the recording ends or the camera is closed.

        Raises:
            NotReady: the gate asks for attack detection that cannot be had; trying again
                helps once it can, or once the gate does without.
            CameraLost, CameraUnreadable: as the camera says.
        """
        ended = False
        try:
            self._watch()
            ended = True
        finally:
            self._state = "ended" if ended else "lost"

    def _watch(self) -> None:
        self._prepare(self._settings())
        for frame in self._camera.frames():
            with self._at_work():
                self._look(frame)
        self._guide(None)
        self._conclude_all(self.encounters.leave())

    def _look(self, frame: Frame) -> None:
        self._state = "ok"
        self._refresh()
        self.frames, self.last_frame = self.frames + 1, frame.time
        observations = self._observer.observe(frame, self._gate)
        self._conclude_all(self.encounters.see(observations, frame.time))
        self._settle_badges()
        cannot = Guidance.CANNOT_NOTE if self._unstored else None
        self._guide(cannot or self.encounters.hint(frame.time))

    def health(self) -> dict[str, Any]:
        """This camera's part of a heartbeat (wire/heartbeat.v1, less the gate's id)."""
        now_s = self._clock.monotonic_s()
        seconds, self._counted_from_s = now_s - self._counted_from_s, now_s
        frames, self._counted = self.frames - self._counted, self.frames
        last = self.last_frame
        return {
            "camera": self.camera_state(now_s),
            "fps": round(frames / seconds, 1) if seconds > 0 else 0.0,
            "last_frame_at": utc_text(last.captured_at) if last else None,
            "unstored": self.unstored,
            "given_up": self.given_up,
        }

    @property
    def unstored(self) -> int:
        """Conclusions that wait for a disk to be freed."""
        return len(self._unstored)

    def camera_state(self, now_s: float) -> str:
        """ok, stalled, lost, ended or starting, as on the wire."""
        if self._state != "ok" or self.last_frame is None:
            return self._state
        return "ok" if now_s - self.last_frame.monotonic_ms / 1000 < STALLED_S else "stalled"

    def _refresh(self) -> None:
        gate = self._settings()
        if gate != self._gate:
            self._prepare(gate)

    def _prepare(self, gate: Gate) -> None:
        """A gate never decides with less than it asks for."""
        try:
            self._observer.prepare(gate)
        except WeightsMissing as error:
            raise NotReady(f"{gate.name}: {error}.") from error
        self._gate = gate
        self.encounters.adopt(gate)

    def _guide(self, hint: Guidance | None) -> None:
        if hint != self._hint:
            self._hint = hint
            self._feedback.guide(self._gate, hint)

    def _conclude_all(self, conclusions: Sequence[Conclusion]) -> None:
        """In order; from the first that cannot be stored on they wait for the next frame."""
        decided_s = self._clock.monotonic_s()
        self._take([Case(conclusion, decided_s) for conclusion in conclusions])

    def _settle_badges(self) -> None:
        cases = list(self._second_factor.due(self._gate, self._clock.monotonic_s()))
        if cases:
            self._take(cases)

    def _take(self, cases: Sequence[Case]) -> None:
        self.given_up += max(0, len(self._unstored) + len(cases) - MOST_UNSTORED)
        self._unstored.extend(cases)
        while self._unstored:
            # taken out first: if a listener fails, what was committed is not committed again
            case = self._unstored.popleft()
            try:
                self._conclude(case)
            except StorageFull as error:
                self._unstored.appendleft(case)
                _log.error("event_not_stored", extra={"gate": self._gate.id, "why": str(error)})
                return

    def _conclude(self, case: Case) -> None:
        conclusion = case.conclusion
        cleared = self._is_cleared(conclusion)
        outcome = case.outcome or self._outcome(conclusion, cleared=cleared)
        if self._second_factor.holds(self._gate, case, outcome):
            self._tell(case, outcome, None, asks_badge=True)
            return
        uuid = None
        if outcome in WRITTEN:
            event = self._outbox.commit(self._sighting(case, outcome))
            uuid = event["uuid"]
            if outcome is Outcome.AMBIGUOUS:
                self._second_factor.ambiguous(self._gate, case, event["uuid"])
            if outcome is Outcome.NO_CLEARANCE:
                self._refused.add(event["employee"])
            elif outcome is Outcome.IDENTIFIED:
                self._refused.discard(event["employee"])
        admits = self._admits(conclusion, outcome, cleared=cleared)
        self._tell(case, outcome, uuid, admits=admits)
        if uuid is not None:
            self._on_commit()

    def _tell(
        self,
        case: Case,
        outcome: Outcome,
        uuid: str | None,
        *,
        admits: bool = False,
        asks_badge: bool = False,
    ) -> None:
        conclusion = replace(case.conclusion, probe=None)  # whoever listens keeps no faces
        took_ms = self._clock.monotonic_s() * 1000 - conclusion.seen.monotonic_ms
        self._feedback.concluded(
            Notice(
                self._gate,
                outcome,
                conclusion,
                uuid,
                took_ms,
                case.decided_s,
                admits=admits,
                asks_badge=asks_badge,
            )
        )

    def _is_cleared(self, conclusion: Conclusion) -> bool:
        """Whether the gate's rules let the person pass; False for nobody."""
        if conclusion.candidate is None:
            return False
        person, at = conclusion.candidate.person, conclusion.time.captured_at
        return is_cleared(person, at, self._gate.timezone, self._gate.clearance)

    def _outcome(self, conclusion: Conclusion, *, cleared: bool) -> Outcome:
        """The conclusion's outcome after clearance.

        Somebody refused a moment ago who may pass now is no repeat: the window has opened.
        """
        candidate = conclusion.candidate
        if candidate is None or conclusion.outcome not in {Outcome.IDENTIFIED, Outcome.REFRACTORY}:
            return conclusion.outcome
        if conclusion.outcome is Outcome.REFRACTORY:
            was_refused = candidate.person.employee in self._refused
            opened = cleared and conclusion.pad.lets_pass and was_refused
            return Outcome.IDENTIFIED if opened else Outcome.REFRACTORY
        return Outcome.IDENTIFIED if cleared else Outcome.NO_CLEARANCE

    @staticmethod
    def _admits(conclusion: Conclusion, outcome: Outcome, *, cleared: bool) -> bool:
        """Whether a door may open: for a repeat too (whoever missed the opening asks again), but
        never for a recording, however well known the people in it are."""
        live = conclusion.time.time_source is not TimeSource.RECORDING
        named = outcome in {Outcome.IDENTIFIED, Outcome.REFRACTORY}
        return live and named and cleared and conclusion.pad.lets_pass

    def _sighting(self, case: Case, outcome: Outcome) -> Sighting:
        conclusion = case.conclusion
        candidate = conclusion.candidate
        is_somebody = outcome in {
            Outcome.IDENTIFIED,
            Outcome.NO_CLEARANCE,
            Outcome.PRESENTATION_ATTACK,
        }
        return Sighting(
            gate=self._gate.id,
            outcome=outcome,
            time=self._with_offset(conclusion.time),
            employee=candidate.person.employee if candidate and is_somebody else None,
            template_model=self._model,
            similarity=None if candidate is None else candidate.similarity,
            margin=None if candidate is None else candidate.margin,
            pad=str(conclusion.pad.verdict),
            direction_hint=None,
            evidence={
                "votes": conclusion.votes,
                "frames": conclusion.frames,
                "face_px": conclusion.face_px,
                **conclusion.pad.evidence,
                **case.evidence,
            },
        )

    def _with_offset(self, time: CaptureTime) -> CaptureTime:
        if time.time_source is TimeSource.RECORDING:
            return time  # this machine's clock says nothing about when it was recorded
        return self._server_time.stamp(time)
