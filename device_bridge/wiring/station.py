"""The composition root of a registration station."""

from __future__ import annotations

from collections.abc import Callable

from device_bridge.adapters.system_clock import SystemClock
from device_bridge.pipeline.enrol import Enroller
from device_bridge.pipeline.station import Station
from device_bridge.settings import Settings
from device_bridge.wiring.cameras import open_alone
from device_bridge.wiring.parts import enroller_of


def station_of(
    settings: Settings, source: str, tell: Callable[[str], None]
) -> tuple[Station, Enroller]:
    """Raises NotPaired, WeightsMissing, SettingsError, CameraUnreadable."""
    enroller = enroller_of(settings)
    return Station(enroller, open_alone(source, SystemClock()), tell), enroller
