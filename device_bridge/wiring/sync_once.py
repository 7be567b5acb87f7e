"""A device that comes up to date and ends: for a script, a timer, or a look at whether it works."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from device_bridge.adapters.odoo import identity as identities
from device_bridge.pipeline.feedback import Several
from device_bridge.settings import Settings
from device_bridge.wiring.device import Device
from device_bridge.wiring.parts import engine_of, gallery_of

_DELIVER_WITHIN_S = 900.0


class SyncOnce:
    """Settings, gallery and erasures from Odoo; what waits, to Odoo.

    Raises (from the constructor): NotPaired, WeightsMissing, SettingsError, StorageFull.
    """

    def __init__(self, settings: Settings, write: Callable[[str], None]) -> None:
        self._write = write
        _, embedder = engine_of(settings)
        self._gallery = gallery_of(settings, embedder)
        identity = identities.load(settings.state.identity)
        self._device = Device(settings, identity, self._gallery, Several(), _no_gates, write)

    def run(self) -> None:
        """Once. Raises ServerUnreachable, Refused, ModelMismatch, StorageFull, SettingsError."""
        device = self._device
        try:
            device.sync_now()
            before = device.outbox.depth()
            device.delivery.finish(_DELIVER_WITHIN_S)
            after = device.outbox.depth()
        finally:
            device.close()
        gates = ", ".join(gate.name for gate in device.sync.gates.values()) or "none"
        self._write(f"Gates: {gates}. People in the gallery: {len(self._gallery)}.")
        self._write(
            f"Events: {before.pending - after.pending} delivered, {after.pending} wait,"
            f" {after.parked} were rejected."
        )

    def stop(self) -> None:
        self._device.stop()


def _no_gates() -> list[dict[str, Any]]:
    """No camera runs while this does."""
    return []
