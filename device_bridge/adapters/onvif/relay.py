"""The lock of a door on the relay output of an ONVIF device."""

from __future__ import annotations

import contextlib

from device_bridge.adapters.onvif.device import OnvifDevice
from device_bridge.errors import CameraLost, OutputFailed


class OnvifSwitch:
    """Implements ports.Switch.

    A relay that the device is set to drop by itself (monostable) drops after the device's own
    delay, however long it is told to stay: such a one is no match for an emergency, nor for a
    lock that fails safe.

    Args:
        relay: the device's token of the relay output.
    """

    def __init__(self, device: OnvifDevice, relay: str) -> None:
        self._device, self._relay = device, relay

    def set(self, *, on: bool) -> None:
        try:
            self._device.set_relay(self._relay, on)
        except CameraLost as error:
            raise OutputFailed(f"Relay {self._relay!r}: {error}") from error

    def close(self) -> None:
        with contextlib.suppress(CameraLost):
            self._device.set_relay(self._relay, False)
        self._device.close()
