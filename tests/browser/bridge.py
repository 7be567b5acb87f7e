"""The demo's paired bridge, as far as delivering what it has seen."""

from __future__ import annotations

from device_bridge.adapters.odoo import identity as identities
from device_bridge.adapters.odoo.client import OdooClient
from device_bridge.adapters.sqlite.outbox import SqliteOutbox
from device_bridge.adapters.system_clock import SystemClock, boot_id
from device_bridge.domain.event import CaptureTime, Outcome, Sighting
from device_bridge.pipeline.deliver import Delivery
from device_bridge.pipeline.feedback import Several
from tests.browser.place import Place


class Bridge:
    """Posts to Odoo's device API what a test says that it saw."""

    def __init__(self, place: Place) -> None:
        folder = place.site.folder / "state"
        identity = identities.load(folder / "identity.json")
        self.client = OdooClient(place.url, identity.token)
        self.outbox = SqliteOutbox(
            folder / "outbox.sqlite", identity.device, identity.chain, identity.keys.signing.sign
        )
        self._delivery = Delivery(self.outbox, self.client, Several())

    def sees(self, gate: int, outcome: Outcome, employee: int | None = None) -> None:
        clock = SystemClock()
        now, monotonic_ms = clock.now(), round(clock.monotonic_s() * 1000)
        time_of = CaptureTime(now, monotonic_ms, boot_id(), clock_offset_ms=0)
        self.outbox.commit(Sighting(gate, outcome, time_of, employee, similarity=0.97))
        self._delivery.step()

    def close(self) -> None:
        self.outbox.close()
        self.client.close()
