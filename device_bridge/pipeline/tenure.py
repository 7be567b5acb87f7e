"""Counts how long the server has been silent, across restarts and whatever the clock says."""

from __future__ import annotations

import math
from contextlib import suppress
from datetime import timedelta

from device_bridge.domain.lease import Lease
from device_bridge.errors import StorageFull
from device_bridge.pipeline.server_time import ServerTime
from device_bridge.ports import Clock, Larder

_COUNT_EVERY_S = 60.0
_NOTE_EVERY_S = 600.0


class Tenure:
    """The lease of what this bridge knows (domain/lease.py), kept in the larder if there is one.

    Args:
        days: everybody is to be forgotten after so many without the server.
    """

    def __init__(self, clock: Clock, server_time: ServerTime, days: float) -> None:
        self._clock, self._server_time = clock, server_time
        self._most_silent = timedelta(days=days)
        self._contact_s: float | None = None
        self._kept: Lease | None = None
        self._counted_s, self._noted_s = clock.monotonic_s(), -math.inf

    @property
    def silent_s(self) -> float | None:
        """Seconds since the server answered this process; None if it never has."""
        return None if self._contact_s is None else self._clock.monotonic_s() - self._contact_s

    @property
    def age_s(self) -> float | None:
        """Seconds since the server last answered, this process or one before it."""
        if self._contact_s is None and self._kept is not None:
            return self._kept.silent(self._clock.now()).total_seconds()
        return self.silent_s

    def goes_on(self, lease: Lease) -> None:
        """What was kept is used under the lease that it was kept with."""
        self._kept = lease

    def heard(self, larder: Larder | None) -> None:
        """The server has answered: the lease begins anew."""
        self._contact_s = self._counted_s = self._clock.monotonic_s()
        if larder and self._contact_s - self._noted_s > _NOTE_EVERY_S:
            now = self._server_time.at(self._contact_s) or self._clock.now()
            with suppress(StorageFull):  # the lease before is the shorter one
                larder.keep_lease(Lease(now))
                self._noted_s = self._contact_s

    def is_over(self, lease: Lease) -> bool:
        return lease.is_over(self._clock.now(), self._most_silent)

    def ran_out(self, larder: Larder | None) -> bool:
        """Call while the server is away: whether it has been for too long.

        Time that has run is noted, so neither a restart nor a clock that is set back makes
        it forgotten.
        """
        now_s = self._clock.monotonic_s()
        passed_s = now_s - self._counted_s
        if passed_s < _COUNT_EVERY_S:
            return False
        self._counted_s, self._noted_s = now_s, -math.inf
        here_s = 0.0 if self._contact_s is None else now_s - self._contact_s
        lease = larder.lease() if larder else None
        if larder and lease:
            lease = Lease(lease.contact_at, max(lease.ran_s + passed_s, here_s))
            with suppress(StorageFull):  # a full disk must not make anybody stay
                larder.keep_lease(lease)
        return self.is_over(lease or Lease(self._clock.now(), here_s))
