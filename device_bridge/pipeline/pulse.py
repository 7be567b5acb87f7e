"""Is anything stuck? What a watchdog asks before it says that this program is alive.

A thread that waits (for a frame, for the next heartbeat) is idle, however long. One that has begun
something and does not come back from it is stuck: a frame, a call to Odoo, a picture of a kiosk.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from device_bridge.ports import ServiceManager

_log = logging.getLogger(__name__)


class Pulse:
    """What is under way, and until when it should be done; shared between threads.

    Args:
        monotonic_s: must not count sleep: a machine that slept did not get stuck.
    """

    def __init__(self, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = monotonic_s
        self._lock = threading.Lock()
        self._due: dict[object, tuple[str, float]] = {}

    @contextmanager
    def at_work(self, part: str, at_most_s: float) -> Iterator[None]:
        """While inside, `part` does one thing, which takes no longer than this."""
        one = object()
        with self._lock:
            self._due[one] = (part, self._now_s() + at_most_s)
        try:
            yield
        finally:
            with self._lock:
                del self._due[one]

    def stuck(self) -> list[str]:
        """Names of the parts that are at one thing for too long."""
        now_s = self._now_s()
        with self._lock:
            return sorted({part for part, due_s in self._due.values() if due_s < now_s})


class Watchdog:
    """Tells the service manager that all is well, as long as it is; silence means a restart.

    Args:
        every_s: how often; well within the time that the manager waits.
    """

    def __init__(self, pulse: Pulse, manager: ServiceManager, every_s: float) -> None:
        self._pulse, self._manager, self._every_s = pulse, manager, every_s
        self._stuck: list[str] = []

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set."""
        while True:
            self.look()
            if stop.wait(self._every_s):
                return

    def look(self) -> None:
        stuck = self._pulse.stuck()
        if stuck != self._stuck:
            self._stuck = stuck
            if stuck:
                _log.error("parts_stuck", extra={"parts": stuck})
                self._manager.status(f"Stuck: {', '.join(stuck)}.")
        if not stuck:
            self._manager.alive()
