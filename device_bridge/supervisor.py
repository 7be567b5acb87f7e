"""Named threads that are started again when they fail, and stopped together."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable

from device_bridge.domain.retry import backoff_s
from device_bridge.errors import PermanentError, TransientError

_log = logging.getLogger(__name__)

_RAN_WELL_S = 30.0


class Supervisor:
    """Runs each part of the bridge in a thread of its own until `stop`."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.ended: dict[str, PermanentError] = {}
        self._threads: list[threading.Thread] = []

    def start(
        self, name: str, work: Callable[[], None], at_end: Callable[[], None] = lambda: None
    ) -> threading.Thread:
        """Run `work` until it returns; what it raises is logged and, but for a
        PermanentError, tried again with backoff.

        Args:
            at_end: done last, in the same thread, however the work has ended.
        """

        def run() -> None:
            try:
                self._keep(name, work)
            finally:
                at_end()

        thread = threading.Thread(target=run, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()
        return thread

    def join(self, timeout_s: float) -> bool:
        """Wait for all threads, together no longer than this; whether all have ended."""
        ends_s = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, ends_s - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _keep(self, name: str, work: Callable[[], None]) -> None:
        failures = 0
        while not self.stop.is_set():
            began_s = time.monotonic()
            try:
                work()
                return
            except PermanentError as error:
                _log.error("part_ended", extra={"part": name, "why": str(error)})
                self.ended[name] = error
                return
            except TransientError as error:
                failures += 1
                _log.warning("part_failed", extra={"part": name, "why": str(error)})
            except Exception:  # noqa: BLE001 (the last line of defence: one part's defect must
                # not stop the other gates; it is logged whole and the part starts anew)
                failures += 1
                _log.exception("part_crashed", extra={"part": name})
            if time.monotonic() - began_s > _RAN_WELL_S:
                failures = 1  # a camera that is lost once a day is not one that never comes
            self.stop.wait(backoff_s(failures, random.random()))  # noqa: S311
