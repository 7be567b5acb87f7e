"""A clock that moves when told to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Implements ports.Clock."""

    def __init__(self, start: datetime = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)) -> None:
        self._start = start
        self._elapsed_s = 0.0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed_s)

    def monotonic_s(self) -> float:
        return 1000.0 + self._elapsed_s

    def set(self, wall: datetime) -> None:
        """Somebody, or the network, sets the wall clock; the monotonic one goes on."""
        self._start = wall - timedelta(seconds=self._elapsed_s)

    def pass_s(self, seconds: float) -> None:
        self._elapsed_s += seconds
