"""What hangs on the gates, opened: doors, lamps, buzzers and voices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from device_bridge.domain.gate import Gate
from device_bridge.errors import SettingsError
from device_bridge.pipeline.outputs import signals
from device_bridge.pipeline.outputs.door import DoorKeeper
from device_bridge.pipeline.outputs.gate import GateOutputs
from device_bridge.pipeline.outputs.signals import SignalKeeper
from device_bridge.pipeline.outputs.voice import VoiceKeeper
from device_bridge.ports import Clock, DoorContact, Switch
from device_bridge.settings import OutputSettings, pin_of, relay_of

if TYPE_CHECKING:
    from device_bridge.adapters.gpio.pins import GpioContact, GpioSwitch

_PATTERNS = {"green": signals.GREEN, "red": signals.RED, "buzzer": signals.BUZZER}


def open_outputs(
    settings: Sequence[OutputSettings], gate: Callable[[int], Gate], clock: Clock
) -> dict[int, GateOutputs]:
    """The outputs by gate; every relay and lamp is without current.

    Args:
        gate: a gate as it is set now; asked only once the outputs run.

    Raises:
        SettingsError: a gate is named twice, a pin cannot be used, or a package is missing.
    """
    opened: dict[int, GateOutputs] = {}
    for one in settings:
        if one.gate in opened:
            raise SettingsError(f"There are two [[output]] blocks for gate {one.gate}.")
        opened[one.gate] = _outputs_of(one, gate, clock)
    return opened


def _outputs_of(one: OutputSettings, gate: Callable[[int], Gate], clock: Clock) -> GateOutputs:
    number = one.gate
    door = voice = None
    if one.door:
        relay = relay_switch(one)
        door = DoorKeeper(lambda: gate(number).door, relay, clock, _contact(one.contact))
    elif one.contact:
        raise SettingsError(f"Gate {number} has a door contact and no door.")
    if one.voice:
        from device_bridge.adapters.voice.espeak import EspeakVoice  # noqa: PLC0415

        voice = VoiceKeeper(lambda: gate(number), EspeakVoice(), clock)
    keepers = {
        name: SignalKeeper(_switch(pin), patterns, clock)
        for name, patterns in _PATTERNS.items()
        if (pin := getattr(one, name))
    }
    return GateOutputs(clock, door, voice, keepers)


def relay_switch(one: OutputSettings) -> Switch:
    """The relay of a gate's door. Raises SettingsError."""
    text = one.door
    if pin_of(text) is not None:
        return _switch(text, active_low=one.door_active_low)
    try:
        from device_bridge.adapters.onvif.device import OnvifDevice  # noqa: PLC0415
        from device_bridge.adapters.onvif.relay import OnvifSwitch  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"{error.name} is missing: install the extra, device-bridge[onvif]."
        ) from error
    address = relay_of(text)
    device = OnvifDevice(address.host, address.port, address.user, address.password)
    return OnvifSwitch(device, address.relay)


def _switch(text: str, *, active_low: bool = False) -> Switch:
    return _gpio()[0](_pin(text), active_low=active_low)


def _contact(text: str) -> DoorContact | None:
    return _gpio()[1](_pin(text)) if text else None


def _pin(text: str) -> int:
    pin = pin_of(text)
    if pin is None:
        raise SettingsError(f"{text!r} is no pin.")
    return pin


def _gpio() -> tuple[type[GpioSwitch], type[GpioContact]]:
    try:
        from device_bridge.adapters.gpio.pins import GpioContact, GpioSwitch  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"{error.name} is missing: install the extra, device-bridge[hardware]."
        ) from error
    return GpioSwitch, GpioContact
