"""How far this machine's clock is from the server's, and a clock that goes by the server's."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from device_bridge.domain.event import CaptureTime
from device_bridge.ports import Clock

DRIFT = 100e-6
"""How much a machine's monotonic clock may run fast or slow: twice what crystals of cheap
boards are sold with (±50 ppm). 30 days without contact make it uncertain by 4.3 minutes."""


@dataclass(frozen=True, slots=True)
class _Measurement:
    """`server_at_zero_s`: server time, as a POSIX timestamp, at zero of the monotonic clock."""

    server_at_zero_s: float
    at_s: float
    half_s: float

    def uncertainty_s(self, monotonic_s: float) -> float:
        return self.half_s + DRIFT * abs(monotonic_s - self.at_s)


class ServerTime:
    """The best measurement; shared between threads.

    Method: the server's time is taken to hold for the middle of the round trip, with
    half of it as uncertainty (Cristian, 1989), which grows as the machine's clock may drift.
    A measurement gives way to one that is surer by then, so one slow answer spoils nothing.
    The round trip is taken on the monotonic clock, and so is the way from there to a capture:
    a wall clock that is set meanwhile changes neither.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._best: _Measurement | None = None

    def measured(self, sent_s: float, server_at: datetime, received_s: float) -> None:
        """`sent_s` and `received_s` are monotonic seconds."""
        half_s = max(0.001, (received_s - sent_s) / 2)
        new = _Measurement(server_at.timestamp() - sent_s - half_s, received_s, half_s)
        with self._lock:
            if self._best is None or half_s <= self._best.uncertainty_s(received_s):
                self._best = new

    @property
    def known(self) -> bool:
        """Whether this machine has heard the server's time since it was switched on."""
        return self._best is not None

    def at(self, monotonic_s: float) -> datetime | None:
        """The server's time (aware UTC) when this machine's monotonic clock showed so much."""
        best = self._best
        if best is None:
            return None
        return datetime.fromtimestamp(best.server_at_zero_s + monotonic_s, UTC)

    def offset_ms(self, wall: datetime, monotonic_ms: int) -> int | None:
        """Server time minus device time, for a moment read on both clocks of this machine."""
        best = self._best
        if best is None:
            return None
        server_s = best.server_at_zero_s + monotonic_ms / 1000
        return round((server_s - wall.timestamp()) * 1000)

    def uncertainty_ms(self, monotonic_ms: int) -> int | None:
        """How far `offset_ms` may be wrong either way at that moment."""
        best = self._best
        return None if best is None else max(1, round(best.uncertainty_s(monotonic_ms / 1e3) * 1e3))

    def stamp(self, time: CaptureTime) -> CaptureTime:
        """The capture with the offset that its own wall clock had."""
        return replace(
            time,
            clock_offset_ms=self.offset_ms(time.captured_at, time.monotonic_ms),
            clock_uncertainty_ms=self.uncertainty_ms(time.monotonic_ms),
        )


class SiteClock:
    """Implements ports.Clock: the server's time as soon as it is known, else the machine's.

    Captures, and the windows in which people may pass, go by it: a gate whose clock is hours
    off, or is set while it runs, tells the right time and opens at the right time.
    """

    def __init__(self, machine: Clock, server_time: ServerTime) -> None:
        self._machine, self._server_time = machine, server_time

    def now(self) -> datetime:
        return self._server_time.at(self._machine.monotonic_s()) or self._machine.now()

    def monotonic_s(self) -> float:
        return self._machine.monotonic_s()
