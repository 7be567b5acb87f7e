"""One contract for a relay that is pretended and one on a (mocked) pin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory

from device_bridge.adapters.gpio.pins import GpioContact, GpioSwitch
from device_bridge.adapters.onvif.device import OnvifDevice
from device_bridge.adapters.onvif.relay import OnvifSwitch
from device_bridge.errors import OutputFailed, SettingsError
from device_bridge.fakes.outputs import FakeContact, FakeSwitch
from tests.peers.soap_device import PASSWORD, RELAY, USER, SoapDevice, soap_device

PIN = 17


@pytest.fixture
def factory() -> Iterator[Any]:
    made = MockFactory()
    yield made
    made.reset()


class Wired:
    """A switch and what its lamp would show."""

    def __init__(self, switch: Any, lit: Callable[[], bool]) -> None:
        self.switch, self.lit = switch, lit


def of_a_device(device: SoapDevice) -> OnvifSwitch:
    return OnvifSwitch(OnvifDevice("127.0.0.1", device.port, USER, PASSWORD), RELAY)


@pytest.fixture(params=["fake", "gpio", "gpio, active low", "onvif"])
def wired(request: pytest.FixtureRequest, factory: Any) -> Iterator[Wired]:
    if request.param == "onvif":
        with soap_device() as device:
            relay = of_a_device(device)
            yield Wired(relay, lambda: device.switched[-1:] == [(RELAY, "active")])
            relay.close()
        return
    if request.param == "fake":
        fake = FakeSwitch()
        yield Wired(fake, lambda: fake.on)
        return
    low = request.param != "gpio"
    switch = GpioSwitch(PIN, active_low=low, factory=factory)
    pin = factory.pin(PIN)
    yield Wired(switch, lambda: bool(pin.state) != low)
    switch.close()


def test_it_is_off_until_told(wired: Wired) -> None:
    assert not wired.lit()


def test_it_does_what_it_is_told(wired: Wired) -> None:
    for on in (True, True, False, True):
        wired.switch.set(on=on)
        assert wired.lit() is on


def test_closing_it_takes_its_current(wired: Wired) -> None:
    wired.switch.set(on=True)
    wired.switch.close()
    assert not wired.lit()
    wired.switch.close()


@pytest.mark.parametrize("low", [False, True])
def test_a_pin_let_go_drives_nothing(factory: Any, low: bool) -> None:
    switch = GpioSwitch(PIN, active_low=low, factory=factory)
    assert factory.pin(PIN).function == "output"
    switch.close()
    assert factory.pin(PIN).function == "input"


def test_a_pin_in_use_is_named(factory: Any) -> None:
    first = GpioSwitch(PIN, factory=factory)
    with pytest.raises(SettingsError, match="GPIO 17"):
        GpioSwitch(PIN, factory=factory)
    first.close()


def test_a_switch_that_was_let_go_says_so(factory: Any) -> None:
    switch = GpioSwitch(PIN, factory=factory)
    switch.close()
    with pytest.raises(OutputFailed, match="GPIO 17"):
        switch.set(on=True)


@pytest.mark.parametrize("kind", ["fake", "gpio"])
def test_a_contact_says_whether_the_door_is_open(kind: str, factory: Any) -> None:
    if kind == "fake":
        fake = FakeContact()
        contact: Any = fake

        def move(opened: bool) -> None:
            fake.opened = opened
    else:
        contact = GpioContact(PIN, bounce_s=None, factory=factory)
        pin = factory.pin(PIN)

        def move(opened: bool) -> None:
            (pin.drive_high if opened else pin.drive_low)()

    for opened in (False, True, False):
        move(opened)
        assert contact.is_open() is opened
    contact.close()


def test_a_relay_behind_a_network_that_hangs_fails_and_works_when_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("device_bridge.adapters.onvif.device.CALL_WITHIN_S", 0.5)
    with soap_device() as device:
        relay = of_a_device(device)
        relay.set(on=True)
        device.hangs.set()
        with pytest.raises(OutputFailed, match="does not answer") as caught:
            relay.set(on=False)
        assert PASSWORD not in str(caught.value)
        device.hangs.clear()
        relay.set(on=False)
        assert device.switched[-1] == (RELAY, "inactive")
        relay.close()
