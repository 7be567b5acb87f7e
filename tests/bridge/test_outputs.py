"""Outputs on threads of their own: they answer at once, and none waits for another."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from gpiozero.pins.mock import MockFactory

from device_bridge.adapters.gpio.pins import GpioSwitch
from device_bridge.adapters.system_clock import SystemClock
from device_bridge.domain.answer import FRESH_S
from device_bridge.domain.door import DoorPolicy, DoorState
from device_bridge.domain.event import Outcome
from device_bridge.domain.gate import SpeechPolicy
from device_bridge.domain.guidance import Guidance
from device_bridge.domain.notice import Notice
from device_bridge.domain.template import Candidate
from device_bridge.domain.visit import Conclusion
from device_bridge.fakes.outputs import FakeContact, FakeSwitch, FakeVoice
from device_bridge.pipeline.outputs import signals
from device_bridge.pipeline.outputs.door import DoorKeeper
from device_bridge.pipeline.outputs.gate import GateOutputs, Outputs
from device_bridge.pipeline.outputs.signals import SignalKeeper
from device_bridge.pipeline.outputs.voice import VoiceKeeper
from device_bridge.pipeline.outputs.watch import STUCK_S
from device_bridge.supervisor import Supervisor
from tests.builders import at, gate, person

CLOCK = SystemClock()
EVENT = {"uuid": "u1", "gate": 1}


def until(true: Callable[[], object], within_s: float = 5.0) -> None:
    ends_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < ends_s, "it never came"
        time.sleep(0.005)


def passing(employee: int = 1, outcome: Outcome = Outcome.IDENTIFIED, **changes: object) -> Notice:
    candidate = Candidate(person(employee, f"Person {'ABC'[employee]}"), 0.97, 0.1)
    conclusion = Conclusion(outcome, candidate, at(0), at(0), 3, 4, 100)
    told = Notice(gate(), outcome, conclusion, "u1", 9.0, CLOCK.monotonic_s(), admits=True)
    return replace(told, **changes)  # type: ignore[arg-type]


class Site:
    """One gate with everything, its outputs running."""

    def __init__(self, **settings: object) -> None:
        self.gate = gate(**{"door": DoorPolicy(pulse_s=0.2), **settings})
        self.relay, self.green, self.buzzer = FakeSwitch(), FakeSwitch(), FakeSwitch()
        self.contact, self.voice = FakeContact(), FakeVoice()
        self.door = DoorKeeper(lambda: self.gate.door, self.relay, CLOCK, self.contact)
        self.parts = GateOutputs(
            CLOCK,
            self.door,
            VoiceKeeper(lambda: self.gate, self.voice, CLOCK),
            {
                "green": SignalKeeper(self.green, signals.GREEN, CLOCK),
                "buzzer": SignalKeeper(self.buzzer, signals.BUZZER, CLOCK),
            },
        )
        self.outputs = Outputs({1: self.parts})
        self.supervisor = Supervisor()
        self.threads = {
            name: self.supervisor.start(name, keeper.run, keeper.rest)
            for name, keeper in self.parts.keepers().items()
        }

    def stop(self) -> None:
        self.supervisor.stop.set()
        for keeper in self.parts.keepers().values():
            keeper.stop()
        self.relay.release()
        assert self.supervisor.join(5)


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.stop()


def test_one_outcome_reaches_every_output(site: Site) -> None:
    site.outputs.concluded(passing())
    until(lambda: site.voice.said and site.relay.history == [False, True, False])
    assert site.voice.said == [("Hello Person B.", "en")]
    until(lambda: site.buzzer.history == [False, True, False])
    assert site.green.on


@pytest.mark.parametrize(
    "told",
    [
        passing(admits=False, outcome=Outcome.NO_CLEARANCE),
        passing(admits=False, outcome=Outcome.AMBIGUOUS),
        passing(admits=False, outcome=Outcome.PRESENTATION_ATTACK),
        passing(admits=False),
    ],
    ids=["no clearance", "ambiguous", "attack", "a recording"],
)
def test_the_door_stays_shut(told: Notice, site: Site) -> None:
    site.outputs.concluded(replace(told, decided_s=CLOCK.monotonic_s()))
    site.outputs.concluded(passing(2))
    until(lambda: site.relay.history == [False, True, False])
    assert site.door.openings == 1, "for the second person only"


def test_what_was_decided_long_ago_opens_nothing(site: Site) -> None:
    site.outputs.concluded(passing(decided_s=CLOCK.monotonic_s() - FRESH_S - 1))
    site.outputs.concluded(passing(2))
    until(lambda: site.relay.history == [False, True, False])
    assert (site.door.openings, site.voice.said) == (1, [("Hello Person C.", "en")])


def test_a_gate_that_is_looked_for_blinks_and_beeps_and_opens_nothing(site: Site) -> None:
    site.parts.identify()
    until(lambda: site.green.history.count(True) >= 2 and site.buzzer.history.count(True) >= 2)
    site.outputs.concluded(passing())
    until(lambda: site.relay.history == [False, True, False])
    assert site.door.openings == 1, "for the person only"
    until(lambda: site.green.on)


def test_another_gates_outcome_is_not_ours(site: Site) -> None:
    site.outputs.concluded(passing(gate=gate(id=2)))
    site.outputs.guide(gate(id=2), Guidance.BLINK)
    site.outputs.delivered(EVENT | {"gate": 2}, {"direction": "in"})
    site.outputs.concluded(passing(2))
    until(lambda: site.voice.said)
    assert site.voice.said == [("Hello Person C.", "en")]


def test_with_odoo_there_the_greeting_knows_the_direction(site: Site) -> None:
    site.outputs.reachable()
    site.outputs.concluded(passing())
    site.outputs.delivered(EVENT, {"direction": "out"})
    until(lambda: site.voice.said)
    assert site.voice.said == [("Goodbye Person B.", "en")]


def test_a_challenge_is_spoken(site: Site) -> None:
    site.outputs.guide(site.gate, Guidance.BLINK)
    until(lambda: site.voice.said)
    assert "eyes" in site.voice.said[0][0]


def test_a_gate_whose_voice_is_off_is_silent_and_opens_all_the_same(site: Site) -> None:
    site.gate = replace(site.gate, speech=SpeechPolicy(on=False))
    site.outputs.concluded(passing())
    until(lambda: site.relay.history == [False, True, False])
    assert site.voice.said == []


def test_a_relay_that_hangs_delays_nobody_and_is_seen() -> None:
    site = Site()
    site.relay.hangs.set()
    begun = time.monotonic()
    for employee in (0, 1, 2):
        site.outputs.concluded(passing(employee))
    assert time.monotonic() - begun < STUCK_S, "the pipeline goes on"
    until(lambda: site.voice.said)
    until(lambda: "door_stuck" in site.parts.health()["troubles"])
    site.stop()


def test_a_relay_that_fails_is_tried_again_and_its_trouble_ends(site: Site) -> None:
    until(lambda: site.parts.health()["door"] == "locked")
    site.relay.failing = 1
    site.outputs.concluded(passing())
    until(lambda: site.parts.health()["troubles"] == ["door_failed"])
    site.outputs.concluded(passing(2))
    until(lambda: site.relay.history[:3] == [False, True, False])
    until(lambda: site.parts.health()["troubles"] == [])


def test_a_voice_without_loudspeaker_is_seen_and_the_door_opens(site: Site) -> None:
    site.voice.failing = 1
    site.outputs.concluded(passing())
    until(lambda: site.relay.history == [False, True, False])
    until(lambda: site.parts.health()["troubles"] == ["voice_failed"])


def test_while_it_speaks_only_the_newest_waits(site: Site) -> None:
    site.voice.speaks.clear()
    for employee in (0, 1, 2):
        site.outputs.concluded(passing(employee))
        until(lambda: site.voice.said)
    site.voice.speaks.set()
    until(lambda: len(site.voice.said) == 2)
    assert [text for text, _ in site.voice.said] == ["Hello Person A.", "Hello Person C."]


def test_an_emergency_opens_without_a_face_and_locks_when_it_is_over(site: Site) -> None:
    site.gate = replace(site.gate, door=DoorPolicy(emergency=True))
    until(lambda: site.relay.on)
    assert site.parts.health()["door"] == DoorState.EMERGENCY
    site.gate = replace(site.gate, door=DoorPolicy())
    until(lambda: not site.relay.on)


def test_a_door_that_is_forced_is_seen(site: Site) -> None:
    site.contact.opened = True
    until(lambda: site.parts.health()["door"] == DoorState.FORCED)
    site.contact.opened = False
    until(lambda: site.parts.health()["door"] == DoorState.LOCKED)


@pytest.mark.parametrize("fail_safe", [False, True], ids=["secure", "safe"])
def test_stopping_takes_the_current_from_every_relay(fail_safe: bool) -> None:
    factory = MockFactory()
    relay = GpioSwitch(17, factory=factory)
    pin = factory.pin(17)
    policy = DoorPolicy(pulse_s=60, fail_safe=fail_safe)
    keeper = DoorKeeper(lambda: policy, relay, CLOCK)
    supervisor = Supervisor()
    supervisor.start("door", keeper.run, keeper.rest)
    until(lambda: bool(pin.state) is fail_safe)
    keeper.admit(1)
    until(lambda: bool(pin.state) is not fail_safe)
    supervisor.stop.set()
    keeper.stop()
    assert supervisor.join(5)
    assert (pin.function, [bool(one.state) for one in pin.states][-1]) == ("input", False)


def test_a_door_that_could_not_be_shut_is_shut_at_the_end(site: Site) -> None:
    site.outputs.concluded(passing())
    until(lambda: site.relay.on)
    site.relay.failing = 10**6
    until(lambda: site.parts.health()["troubles"] == ["door_failed"])
    assert site.relay.on
    site.stop()
    assert not site.relay.on


def test_a_lamp_that_could_not_be_put_out_is_out_at_the_end(site: Site) -> None:
    site.outputs.concluded(passing())
    until(lambda: site.green.on)
    site.green.failing = 10**6
    until(lambda: site.parts.health()["troubles"] == ["green_failed"])
    site.stop()
    assert not site.green.on


def test_a_gate_without_outputs_says_so() -> None:
    assert GateOutputs(CLOCK).health() == {"door": None, "openings": None, "troubles": []}
