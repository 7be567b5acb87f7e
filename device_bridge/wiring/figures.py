"""What a device tells a monitoring system of itself; `run` on a port of its own, `serve` beside its
calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from device_bridge.errors import SettingsError
from device_bridge.ports import Gallery
from device_bridge.wiring.device import Device

if TYPE_CHECKING:
    from device_bridge.adapters.figures import GateFigures, Gauges
    from device_bridge.pipeline.attend import Attendant

_NEVER = -1.0


def gauges_of(device: Device, gallery: Gallery) -> Gauges:
    """What every paired device knows; -1 is never."""
    outbox, sync = device.outbox, device.sync
    return {
        "gallery_people": ("People who can be identified.", lambda: len(gallery)),
        "gallery_age_seconds": (
            "Since the gallery was last known to be Odoo's.",
            lambda: _or_never(sync.gallery_age_s),
        ),
        "outbox_pending": ("Events for Odoo.", lambda: outbox.depth().pending),
        "outbox_parked": ("Events refused by Odoo.", lambda: outbox.depth().parked),
        "outbox_room": ("Events that there is room for.", lambda: outbox.room().events),
        "odoo_silent_seconds": ("Since Odoo last answered.", lambda: _or_never(sync.silent_s)),
        "clock_offset_seconds": (
            "Odoo's time less this machine's.",
            lambda: (device.arrived().clock_offset_ms or 0) / 1000,
        ),
        "stuck_parts": (
            "Parts that are at one thing for too long.",
            lambda: len(device.pulse.stuck()),
        ),
    }


def gate_figures(device: Device, gallery: Gallery, attendants: dict[int, Attendant]) -> GateFigures:
    """Raises SettingsError if the extra is not installed."""
    try:
        from device_bridge.adapters.figures import (  # noqa: PLC0415 (an extra)
            CameraFigures,
            GateFigures,
        )
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"{error.name} is missing: install the extra, device-bridge[metrics]."
        ) from error

    def cameras() -> dict[int, CameraFigures]:
        now_s = device.clock.monotonic_s()
        return {
            gate: CameraFigures(one.camera_state(now_s), one.frames, one.unstored, one.given_up)
            for gate, one in list(attendants.items())
        }

    return GateFigures(gauges_of(device, gallery), cameras)


def _or_never(seconds: float | None) -> float:
    return _NEVER if seconds is None else seconds
