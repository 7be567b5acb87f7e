"""How far this machine's clock is from the server's."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime

from device_bridge.domain.event import CaptureTime


class ServerTime:
    """The last measurement; shared between threads.

    Method: the server's time is taken to hold for the middle of the round trip, with
    half of it as uncertainty (Cristian, 1989). The round trip is taken on the monotonic
    clock, and so is the way from there to a capture: a wall clock that is set meanwhile
    changes neither.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._server_at_zero_s: float | None = None
        self._uncertainty_ms: int | None = None

    def measured(self, sent_s: float, server_at: datetime, received_s: float) -> None:
        """`sent_s` and `received_s` are monotonic seconds."""
        half_s = (received_s - sent_s) / 2
        with self._lock:
            self._server_at_zero_s = server_at.timestamp() - sent_s - half_s
            self._uncertainty_ms = max(1, round(half_s * 1000))

    def offset_ms(self, wall: datetime, monotonic_ms: int) -> int | None:
        """Server time minus device time, for a moment read on both clocks of this machine."""
        with self._lock:
            if self._server_at_zero_s is None:
                return None
            server_s = self._server_at_zero_s + monotonic_ms / 1000
        return round((server_s - wall.timestamp()) * 1000)

    @property
    def uncertainty_ms(self) -> int | None:
        return self._uncertainty_ms

    def stamp(self, time: CaptureTime) -> CaptureTime:
        """The capture with the offset that its own wall clock had."""
        return replace(
            time,
            clock_offset_ms=self.offset_ms(time.captured_at, time.monotonic_ms),
            clock_uncertainty_ms=self._uncertainty_ms,
        )
