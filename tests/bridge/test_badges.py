"""A badge beside the face: look-alikes are settled by it, and a gate may ask everybody for it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from typing import Any

import pytest

from device_bridge.domain.badge import ASKED_S, SHOWN_S, Badges, badge_mark
from device_bridge.domain.gate import BadgeUse
from device_bridge.domain.liveness import PadMode
from device_bridge.fakes.camera import FakeCamera
from device_bridge.fakes.clock import FakeClock
from device_bridge.pipeline.second_factor import SecondFactor
from tests.bridge.test_attend import ANN, BEN, NOBODY_EVER, STRANGER, Door, frames, liveness
from tests.builders import painted_frame, person


class BadgeDoor(Door):
    """A gate with a badge reader; Ann has a twin, whom no gate can tell from her."""

    def __init__(self, badge: BadgeUse, twins: bool = True, **settings: Any) -> None:
        super().__init__([], badge=badge, **settings)
        self.shown: list[int] = []
        self.people = {who: person(who) for who in (ANN, BEN)}
        if twins:
            twin = replace(self.people[ANN], second_factor=True)
            self.attendant._observer._gallery.update([twin], [])
        self.attendant._second_factor = SecondFactor(self._take, self.people.get)
        self.clock = FakeClock()
        self.attendant._clock = self.clock
        self.seen_s = 0.0
        self.number = 0

    def _take(self) -> list[int]:
        taken, self.shown = self.shown, []
        return taken

    def look(self, *colours: int, count: int = 8) -> None:
        """Somebody (or nobody) before the camera for half a second."""
        seen = [
            painted_frame(self.number + i, self.seen_s + i / 15, *colours) for i in range(count)
        ]
        self.number += count
        self.attendant._camera = FakeCamera(seen)
        self.attendant.run()
        self.pass_s(2)

    def pass_s(self, seconds: float) -> None:
        self.seen_s += seconds
        self.clock.pass_s(seconds)

    def told(self) -> list[tuple[str, bool, bool]]:
        return [(str(one.outcome), one.admits, one.asks_badge) for one in self.notebook.notices]


@pytest.mark.parametrize("first", ["face", "badge"])
def test_a_look_alikes_badge_says_who_it_is(first: str) -> None:
    door = BadgeDoor(BadgeUse.AMBIGUOUS)
    if first == "badge":
        door.shown = [ANN]
    door.look(ANN)
    if first == "face":
        door.shown = [ANN]
    door.look()
    assert door.events() == [("ambiguous", None), ("identified", ANN)]
    assert door.told() == [("ambiguous", False, False), ("identified", True, False)]
    ambiguous, settled = door.outbox.pending(2)
    assert settled["evidence"]["factors"] == ["face", "badge"]
    assert settled["evidence"]["resolves"] == ambiguous["uuid"]
    assert settled["captured_at"] == ambiguous["captured_at"]


def test_somebody_elses_badge_settles_nothing() -> None:
    door = BadgeDoor(BadgeUse.AMBIGUOUS)
    door.look(ANN)
    door.shown = [BEN]
    door.look()
    assert door.events() == [("ambiguous", None)]


def test_a_badge_alone_opens_nothing() -> None:
    door = BadgeDoor(BadgeUse.ALWAYS)
    door.shown = [BEN]
    door.look()
    door.look(STRANGER)
    assert door.events() == [("no_candidate", None)]
    assert not any(admits for _, admits, _ in door.told())


def test_a_badge_shown_too_late_settles_nothing() -> None:
    door = BadgeDoor(BadgeUse.AMBIGUOUS, refractory_s=0)
    door.look(ANN)
    door.pass_s(ASKED_S)
    door.shown = [ANN]
    door.look()
    assert door.events() == [("ambiguous", None)]


def test_a_badge_found_on_the_floor_is_no_pass_a_minute_later() -> None:
    door = BadgeDoor(BadgeUse.AMBIGUOUS)
    door.shown = [ANN]
    door.look()
    door.pass_s(SHOWN_S)
    door.look(ANN)
    assert door.events() == [("ambiguous", None)]


def test_where_badges_are_not_asked_for_they_settle_nothing() -> None:
    door = BadgeDoor(BadgeUse.OFF)
    door.look(ANN)
    door.shown = [ANN]
    door.look()
    assert door.events() == [("ambiguous", None)]


def test_clearance_counts_for_a_look_alike_too() -> None:
    door = BadgeDoor(BadgeUse.AMBIGUOUS, clearance=(NOBODY_EVER,))
    door.look(ANN)
    door.shown = [ANN]
    door.look()
    assert door.events() == [("ambiguous", None), ("no_clearance", ANN)]
    assert not door.told()[-1][1]


def test_at_a_gate_with_attack_detection_a_badge_settles_no_unchecked_face() -> None:
    door = BadgeDoor(BadgeUse.AMBIGUOUS, pad=PadMode.PASSIVE)
    door.attendant._observer._liveness = liveness()
    door.look(ANN)
    door.shown = [ANN]
    door.look()
    assert door.events() == [("ambiguous", None)]


def test_both_factors_are_one_event() -> None:
    door = BadgeDoor(BadgeUse.ALWAYS, twins=False)
    door.look(BEN)
    assert door.events() == []
    assert door.told() == [("identified", False, True)]
    door.shown = [BEN]
    door.look()
    assert door.events() == [("identified", BEN)]
    assert door.told()[-1] == ("identified", True, False)
    assert door.outbox.pending(1)[0]["evidence"]["factors"] == ["face", "badge"]


def test_without_the_badge_somebody_known_is_refused_and_may_try_again() -> None:
    door = BadgeDoor(BadgeUse.ALWAYS, twins=False)
    door.look(BEN)
    door.pass_s(ASKED_S)
    door.look()
    assert door.events() == [("no_clearance", BEN)]
    assert door.outbox.pending(1)[0]["evidence"]["missing"] == "badge"
    door.look(BEN)
    door.shown = [BEN]
    door.look()
    assert door.events()[-1] == ("identified", BEN)


def test_a_gate_that_wants_badges_and_has_no_reader_lets_nobody_pass() -> None:
    door = Door(frames(BEN), badge=BadgeUse.ALWAYS)
    door.attendant.run()
    assert door.events() == []
    assert [(one.admits, one.asks_badge) for one in door.notebook.notices] == [(False, True)]


def test_a_disk_that_is_full_when_the_badge_is_shown_loses_nothing() -> None:
    door = BadgeDoor(BadgeUse.ALWAYS, twins=False)
    door.look(BEN)
    door.outbox.full = True
    door.shown = [BEN]
    door.look()
    door.outbox.full = False
    door.look()
    assert door.events() == [("identified", BEN)]


def test_nobody_who_listens_is_given_a_face() -> None:
    door = BadgeDoor(BadgeUse.AMBIGUOUS)
    door.look(ANN)
    assert [one.conclusion.probe for one in door.notebook.notices] == [None]


def test_somebody_erased_meanwhile_is_nobody() -> None:
    door = BadgeDoor(BadgeUse.AMBIGUOUS)
    door.look(ANN)
    door.people.clear()
    door.shown = [ANN]
    door.look()
    assert door.events() == [("ambiguous", None)]


def test_marks_say_whose_a_badge_is_until_it_is_another() -> None:
    badges = Badges()
    badges.replace({1: "a", 2: "b", 3: None})
    assert [badges.employee(mark) for mark in ("a", "b", "c")] == [1, 2, None]
    badges.replace({1: "c"})
    badges.forget([2])
    assert [badges.employee(mark) for mark in ("a", "b", "c")] == [None, None, 1]
    badges.clear()
    assert badges.employee("c") is None


def test_a_mark_is_an_hmac_of_the_number() -> None:
    """The same as hr_face_attendance/models/hr_face_event_badge.py makes."""
    expected = hmac.new(b"chain", b"F001", hashlib.sha256).hexdigest()
    assert badge_mark("chain", "F001") == expected
