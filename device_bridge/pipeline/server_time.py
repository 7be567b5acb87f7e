"""How far this machine's clock is from the server's."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime

from device_bridge.domain.event import CaptureTime


class ServerTime:
    """The last measured offset; shared between threads.

    Method: the server's time is taken to hold for the middle of the round trip, with
    half of it as uncertainty (Cristian, 1989).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.offset_ms: int | None = None
        self.uncertainty_ms: int | None = None

    def measured(self, sent_at: datetime, server_at: datetime, received_at: datetime) -> None:
        half_ms = (received_at - sent_at).total_seconds() * 500
        offset_ms = (server_at - sent_at).total_seconds() * 1000 - half_ms
        with self._lock:
            self.offset_ms, self.uncertainty_ms = round(offset_ms), max(1, round(half_ms))

    def stamp(self, time: CaptureTime) -> CaptureTime:
        with self._lock:
            return replace(
                time, clock_offset_ms=self.offset_ms, clock_uncertainty_ms=self.uncertainty_ms
            )
