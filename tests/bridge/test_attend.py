"""One gate from frames to committed events, with painted faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import time
from typing import Any

import pytest

from device_bridge.domain.capture import Frame
from device_bridge.domain.clearance import ClearanceRule
from device_bridge.domain.event import Outcome
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.domain.gate import Gate
from device_bridge.domain.guidance import Guidance
from device_bridge.domain.liveness import PadMode
from device_bridge.domain.notice import Notice
from device_bridge.errors import CameraLost, NotReady, WeightsMissing
from device_bridge.fakes.camera import FakeCamera
from device_bridge.fakes.clock import FakeClock
from device_bridge.fakes.liveness import PaintedAttackDetector, PosedLandmarker
from device_bridge.fakes.outbox import MemoryOutbox
from device_bridge.fakes.recognition import (
    DIMENSION,
    MODEL,
    PaintedFaceDetector,
    PaintedFaceEmbedder,
)
from device_bridge.pipeline.attend import MOST_UNSTORED, Attendant
from device_bridge.pipeline.observe import Liveness, Observer
from device_bridge.pipeline.server_time import ServerTime
from tests.builders import CHAIN, at, gate, painted_frame, person

ANN, BEN, STRANGER = 90, 120, 160
NOBODY_EVER = ClearanceRule(
    frozenset(), frozenset({12345}), frozenset(), frozenset(range(7)), time(0), time.max
)


class Notebook:
    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.said: list[Guidance | None] = []

    def concluded(self, notice: Notice) -> None:
        self.notices.append(notice)

    def guide(self, gate: Gate, guidance: Guidance | None) -> None:
        self.said.append(guidance)

    def delivered(self, event: dict[str, Any], result: dict[str, Any]) -> None: ...
    def unreachable(self, reason: str) -> None: ...
    def reachable(self) -> None: ...


class Door:
    """An attendant with everything around it."""

    def __init__(
        self,
        frames: Sequence[Frame],
        error: Exception | None = None,
        liveness: Liveness | None = None,
        **settings: Any,
    ) -> None:
        self.gate: Gate = gate(**settings)
        self.outbox = MemoryOutbox(3, CHAIN, lambda _: bytes(64))
        self.notebook = Notebook()
        self.woken = 0
        gallery = MatrixGallery(MODEL, DIMENSION)
        gallery.update([person(ANN, "Ann"), person(BEN, "Ben")], [])
        self.attendant = Attendant(
            settings=lambda: self.gate,
            camera=FakeCamera(frames, error),
            observer=Observer(PaintedFaceDetector(), PaintedFaceEmbedder(), gallery, liveness),
            outbox=self.outbox,
            feedback=self.notebook,
            clock=FakeClock(),
            server_time=ServerTime(),
            model=MODEL,
            on_commit=self._wake,
        )

    def _wake(self) -> None:
        self.woken += 1

    def events(self) -> list[tuple[str, int | None]]:
        return [(event["outcome"], event["employee"]) for event in self.outbox.pending(100)]


def frames(*colours: int, count: int = 8, first: int = 0, start_s: float = 0.0) -> list[Frame]:
    return [painted_frame(first + i, start_s + i / 15, *colours) for i in range(count)]


def test_a_known_face_becomes_one_event() -> None:
    door = Door(frames(ANN))
    door.attendant.run()
    assert door.events() == [("identified", ANN)]
    assert door.woken == 1


def test_a_listener_that_fails_has_nothing_committed_twice_and_the_next_person_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    door = Door([*frames(ANN), *frames(BEN, first=50, start_s=5)])
    told = iter([ZeroDivisionError("a defect")])
    real = door.notebook.concluded

    def concluded(notice: Notice) -> None:
        for error in told:
            raise error
        real(notice)

    monkeypatch.setattr(door.notebook, "concluded", concluded)
    with pytest.raises(ZeroDivisionError):
        door.attendant.run()
    door.attendant.run()  # as its supervisor does
    assert sorted(door.events(), key=str) == [("identified", BEN), ("identified", ANN)]


def test_a_stranger_is_never_given_a_name() -> None:
    door = Door(frames(STRANGER))
    door.attendant.run()
    assert door.events() == [("no_candidate", None)]


def test_two_at_once_are_two_events() -> None:
    door = Door(frames(ANN, BEN))
    door.attendant.run()
    assert sorted(door.events(), key=str) == [("identified", BEN), ("identified", ANN)]


def test_without_clearance_the_person_is_named_and_refused() -> None:
    door = Door(frames(ANN))
    door.gate = gate(clearance=(NOBODY_EVER,))
    door.attendant.run()
    assert door.events() == [("no_clearance", ANN)]


def test_somebody_too_far_away_is_not_looked_at() -> None:
    door = Door(frames(ANN))
    door.gate = gate(min_face_px=200)
    door.attendant.run()
    assert door.events() == []


def test_a_repeat_is_told_but_not_written() -> None:
    door = Door(frames(ANN) + frames(ANN, first=50, start_s=20))
    door.attendant.run()
    assert door.events() == [("identified", ANN)]
    assert [one.outcome for one in door.notebook.notices] == [
        Outcome.IDENTIFIED,
        Outcome.REFRACTORY,
    ]


def admitted(door: Door) -> list[tuple[str, bool]]:
    return [(str(one.outcome), one.admits) for one in door.notebook.notices]


def test_a_door_may_open_for_a_repeat_too() -> None:
    door = Door(frames(ANN) + frames(ANN, first=50, start_s=20))
    door.attendant.run()
    assert admitted(door) == [("identified", True), ("refractory", True)]


@pytest.mark.parametrize("colour", [ANN, STRANGER])
def test_no_door_opens_for_somebody_without_clearance_or_name(colour: int) -> None:
    door = Door(frames(colour) + frames(colour, first=50, start_s=20), clearance=(NOBODY_EVER,))
    door.attendant.run()
    assert [admits for _, admits in admitted(door)] == [False, False]


def test_no_door_opens_for_a_recording() -> None:
    """Playing yesterday's video to a bridge lets nobody in today."""
    played = [replace(one, time=at(i / 15, recording=True)) for i, one in enumerate(frames(ANN))]
    door = Door(played, recording=True)
    door.attendant.run()
    assert admitted(door) == [("identified", False)]


def test_a_repeat_that_was_not_asked_to_blink_again_opens_nothing() -> None:
    """Somebody passed the challenge; a photo of them right after is the same visit, no more."""
    door = Door(frames(ANN), liveness=liveness(), pad=PadMode.ACTIVE)
    door.attendant.encounters.remember(ANN, at(-10).captured_at)
    door.attendant.run()
    assert admitted(door) == [("refractory", False)]


def test_an_event_that_waited_for_a_disk_says_when_it_was_decided() -> None:
    empty = [painted_frame(100 + i, 2 + i / 15) for i in range(30)]
    door = Door(frames(ANN) + empty)
    clock, commit = door.attendant._clock, door.outbox.commit
    begun_s = clock.monotonic_s()

    def frees_after_a_minute(sighting: Any) -> Any:
        door.outbox.full = clock.monotonic_s() < begun_s + 60
        clock.pass_s(10)  # type: ignore[attr-defined]
        return commit(sighting)

    door.outbox.commit = frees_after_a_minute  # type: ignore[method-assign,assignment]
    door.attendant.run()
    (notice,) = door.notebook.notices
    assert notice.decided_s == begun_s
    assert clock.monotonic_s() >= begun_s + 60


def test_nobody_is_greeted_before_the_event_is_durable() -> None:
    door = Door(frames(ANN))
    door.outbox.full = True
    door.attendant.run()
    assert door.notebook.notices == []


def test_whoever_cannot_be_noted_is_told_so_and_what_gives_way_is_counted() -> None:
    door = Door(frames(ANN, count=30))
    door.outbox.full = True
    door.attendant.run()
    assert Guidance.CANNOT_NOTE in door.notebook.said
    assert door.attendant.health()["unstored"] == 1
    many = [door.attendant._unstored[0]] * (MOST_UNSTORED + 4)
    door.attendant._take(many)
    assert door.attendant.health()["given_up"] == 5


@pytest.mark.parametrize("colour", [ANN, STRANGER], ids=["known", "stranger"])
def test_a_disk_that_is_freed_later_costs_nothing_though_they_have_left(colour: int) -> None:
    empty = [painted_frame(100 + i, 2 + i / 15) for i in range(30)]
    door = Door(frames(colour) + empty)
    door.outbox.full = True
    commit, tries = door.outbox.commit, []

    def fails_at_first(sighting: Any) -> Any:
        tries.append(sighting)
        door.outbox.full = len(tries) < 20
        return commit(sighting)

    door.outbox.commit = fails_at_first  # type: ignore[method-assign]
    door.attendant.run()
    assert len(door.events()) == 1
    assert len(door.notebook.notices) == 1


def test_somebody_refused_who_may_pass_now_is_no_repeat() -> None:
    opens_at_seven_past = ClearanceRule(
        frozenset(), frozenset({ANN}), frozenset(), frozenset(range(7)), time(7, 0, 10), time(8)
    )
    door = Door(frames(ANN) + frames(ANN, first=50, start_s=20))
    door.gate = gate(clearance=(opens_at_seven_past,))
    door.attendant.run()
    assert door.events() == [("no_clearance", ANN), ("identified", ANN)]


def test_a_change_of_settings_holds_at_once() -> None:
    door = Door(frames(ANN))
    door.attendant.run()
    door.gate = gate(clearance=(NOBODY_EVER,))
    door.attendant._camera = FakeCamera(frames(BEN, first=90, start_s=30))
    door.attendant.run()
    assert door.events()[-1] == ("no_clearance", BEN)


def test_a_lost_camera_is_reported_and_recovers() -> None:
    door = Door(frames(ANN), CameraLost("unplugged"))
    with pytest.raises(CameraLost):
        door.attendant.run()
    assert door.attendant.health()["camera"] == "lost"
    door.attendant.run()
    assert door.attendant.health()["camera"] == "ended"
    assert door.events() == [("identified", ANN)]


def absent() -> Any:
    raise WeightsMissing("fasnet is absent: run `device-bridge models fetch fasnet`")


def liveness(*attacks: int, openness: float = 0.3) -> Liveness:
    return Liveness(
        lambda: PaintedAttackDetector(*attacks), lambda: PosedLandmarker(lambda _: (openness, 0.0))
    )


def evidence(door: Door) -> dict[str, Any]:
    found: dict[str, Any] = door.outbox.pending(1)[0]["evidence"]
    return found


@pytest.mark.parametrize(
    ("attacks", "event", "pad"),
    [((), ("identified", ANN), "bona_fide"), ((ANN,), ("presentation_attack", ANN), "attack")],
    ids=["bona fide", "attack"],
)
def test_a_passive_gate_writes_its_verdict(
    attacks: tuple[int, ...], event: tuple[str, int], pad: str
) -> None:
    door = Door(frames(ANN), liveness=liveness(*attacks), pad=PadMode.PASSIVE)
    door.attendant.run()
    assert door.events() == [event]
    assert door.outbox.pending(1)[0]["pad"] == pad
    assert evidence(door)["pad_frames"] == 3


def test_an_attack_on_somebody_refused_before_does_not_let_them_in_later() -> None:
    """Refused for clearance, the window opens, and a photo is held up: no event of entry."""
    opens = ClearanceRule(
        frozenset(), frozenset({ANN}), frozenset(), frozenset(range(7)), time(7, 0, 10), time(8)
    )

    class Turns(PaintedAttackDetector):
        def look(self, image_bgr: Any, face: Any) -> Any:
            self._attacks = (ANN,) if self.calls >= 8 else ()
            return super().look(image_bgr, face)

    detector = Turns()
    door = Door(
        frames(ANN) + frames(ANN, first=50, start_s=20),
        liveness=Liveness(lambda: detector, absent),
        pad=PadMode.PASSIVE,
        clearance=(opens,),
    )
    door.attendant.run()
    assert door.events() == [("no_clearance", ANN), ("presentation_attack", ANN)]


def test_a_still_photo_before_an_active_gate_is_an_attack_and_told_what_was_asked() -> None:
    door = Door(frames(ANN, count=300), liveness=liveness(), pad=PadMode.ACTIVE)
    door.attendant.run()
    assert door.events() == [("presentation_attack", ANN)]
    challenge = evidence(door)["challenge"]
    assert (challenge["failure"], challenge["steps_done"]) == ("deadline", 0)
    first = Guidance(challenge["steps"][0])
    assert door.notebook.said == [Guidance.LOOK_STRAIGHT, first, None]


def test_whoever_waits_for_a_verdict_holds_nobody_up_at_another_gate() -> None:
    """Attack detection is only loaded and run where it is asked for."""
    door = Door(frames(ANN), liveness=Liveness(absent, absent))
    door.attendant.run()
    assert door.events() == [("identified", ANN)]
    assert door.outbox.pending(1)[0]["pad"] == "off"


@pytest.mark.parametrize("mode", [PadMode.PASSIVE, PadMode.ACTIVE, PadMode.BOTH])
def test_a_gate_whose_attack_detection_is_absent_decides_nothing(mode: PadMode) -> None:
    door = Door(frames(ANN), liveness=Liveness(absent, absent), pad=mode)
    with pytest.raises(NotReady, match="models fetch"):
        door.attendant.run()
    assert door.events() == []
    door.gate = gate()
    door.attendant.run()
    assert door.events() == [("identified", ANN)]


def test_attack_detection_asked_for_later_and_absent_stops_the_gate_at_once() -> None:
    door = Door(frames(ANN), liveness=Liveness(absent, absent))
    door.attendant.run()
    door.gate = gate(pad=PadMode.PASSIVE)
    door.attendant._camera = FakeCamera(frames(BEN, first=90, start_s=30))
    with pytest.raises(NotReady):
        door.attendant.run()
    assert door.events() == [("identified", ANN)]
