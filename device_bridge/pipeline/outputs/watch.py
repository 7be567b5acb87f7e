"""Whether an output still answers: one that hangs must be seen, not waited for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from device_bridge.errors import OutputFailed
from device_bridge.ports import Clock

STUCK_S = 2.0
"""A relay, lamp or contact that takes longer than this to answer is stuck."""


class Watch:
    """Notes when an output is asked for something and how that ended.

    Args:
        stuck_s: how long an answer may take.
    """

    def __init__(self, clock: Clock, stuck_s: float = STUCK_S) -> None:
        self._clock, self._stuck_s = clock, stuck_s
        self._since_s: float | None = None
        self._failed = False

    @contextmanager
    def asked(self) -> Iterator[None]:
        self._since_s = self._clock.monotonic_s()
        try:
            yield
        except OutputFailed:
            self._failed = True
            raise
        else:
            self._failed = False
        finally:
            self._since_s = None

    @property
    def trouble(self) -> str | None:
        """stuck, failed, or None while all is well."""
        since_s = self._since_s
        if since_s is not None and self._clock.monotonic_s() - since_s > self._stuck_s:
            return "stuck"
        return "failed" if self._failed else None
