"""Relays, lamps, buzzers and door contacts on the pins of a Raspberry Pi."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from gpiozero import DigitalInputDevice, DigitalOutputDevice
from gpiozero.exc import GPIOZeroError

from device_bridge.errors import OutputFailed, SettingsError


class GpioSwitch:
    """Implements ports.Switch.

    Args:
        pin: number as the Pi's maker counts them (BCM), as in 17.
        active_low: the board switches when the pin is low, as most relay boards do.
        factory: gpiozero's pin factory; None picks the machine's.

    Raises (from the constructor): SettingsError, naming the pin.
    """

    def __init__(self, pin: int, *, active_low: bool = False, factory: Any = None) -> None:
        self._pin = pin
        with _as_settings_error(pin):
            self._device = DigitalOutputDevice(
                pin, active_high=not active_low, initial_value=False, pin_factory=factory
            )

    def set(self, *, on: bool) -> None:
        try:
            self._device.value = on
        except (GPIOZeroError, OSError) as error:
            raise OutputFailed(f"GPIO {self._pin}: {error}") from error

    def close(self) -> None:
        with suppress(GPIOZeroError, OSError):
            self._device.off()
        self._device.close()


class GpioContact:
    """Implements ports.DoorContact: a reed contact to ground, closed while the door is.

    Args:
        bounce_s: a touch that bounces within this time is one change.
    """

    def __init__(self, pin: int, *, bounce_s: float | None = 0.05, factory: Any = None) -> None:
        self._pin = pin
        with _as_settings_error(pin):
            self._device = DigitalInputDevice(
                pin, pull_up=True, bounce_time=bounce_s, pin_factory=factory
            )

    def is_open(self) -> bool:
        try:
            return not self._device.value
        except (GPIOZeroError, OSError) as error:
            raise OutputFailed(f"GPIO {self._pin}: {error}") from error

    def close(self) -> None:
        self._device.close()


@contextmanager
def _as_settings_error(pin: int) -> Iterator[None]:
    try:
        yield
    except (GPIOZeroError, OSError) as error:
        raise SettingsError(f"GPIO {pin} cannot be used here: {error}") from error
