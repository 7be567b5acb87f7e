"""An ONVIF camera: it names its streams, and the best of them for faces is taken."""

from __future__ import annotations

from device_bridge.adapters.camera.address import Address
from device_bridge.adapters.camera.http import HttpSource
from device_bridge.adapters.camera.source import STALL_S, Pictures, Source
from device_bridge.adapters.camera.video import StreamSource
from device_bridge.adapters.onvif.device import PORT, OnvifDevice, Profile
from device_bridge.errors import CameraLost, CameraUnreadable

SNAPSHOT = "snapshot"
WANTED_WIDTH_PX = 1280
"""Faces are found from 0.4 to 3 m at this width; more costs time and shows nobody further."""


class OnvifSource:
    """Implements source.Source.

    Args:
        view: a profile's name or token; "snapshot" for still pictures instead of a stream;
            "" for the stream nearest to 1280 pixels.
    """

    fresh_within_s = STALL_S

    def __init__(self, address: Address, view: str, fps: float, ca_file: str = "") -> None:
        self._address, self._view, self._fps, self._ca_file = address, view, fps, ca_file
        self.name = address.name
        if view == SNAPSHOT:
            self.fresh_within_s = STALL_S + 1 / fps

    def open(self) -> Pictures:
        one = self._address
        device = OnvifDevice(one.host, one.port(PORT), one.user, one.password)
        try:
            return self._source(device).open()
        finally:
            device.close()

    def _source(self, device: OnvifDevice) -> Source:
        one, profiles = self._address, device.profiles()
        if not profiles:
            raise CameraLost(f"{self.name} offers no profile.")
        if self._view == SNAPSHOT:
            url = device.snapshot_uri(nearest(profiles).token)
            return HttpSource(Address(url, one.user, one.password), self._fps, self._ca_file)
        profile = self._named(profiles) if self._view else nearest(profiles)
        return StreamSource(Address(device.stream_uri(profile.token), one.user, one.password))

    def _named(self, profiles: list[Profile]) -> Profile:
        for profile in profiles:
            if self._view in {profile.token, profile.name}:
                return profile
        known = ", ".join(profile.name for profile in profiles)
        raise CameraUnreadable(f"{self.name} has no profile {self._view!r}; it has {known}.")


def nearest(profiles: list[Profile]) -> Profile:
    """The profile whose width is nearest to what faces need; the first where none says."""
    return min(profiles, key=lambda one: abs(one.width - WANTED_WIDTH_PX))
