"""Badges shown at a gate's reader, for the thread that attends the gate."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

from device_bridge.ports import BadgeReader

_log = logging.getLogger(__name__)

_MOST_WAITING = 8


class BadgeReads:
    """Reads badges in a thread of its own; `take` returns at once.

    Args:
        employee: whose badge a number is; None for nobody's.
    """

    def __init__(self, reader: BadgeReader, employee: Callable[[str], int | None]) -> None:
        self._reader, self._employee = reader, employee
        self._shown: deque[int] = deque(maxlen=_MOST_WAITING)
        self._stop = threading.Event()

    def run(self) -> None:
        """Until `stop`. Raises OutputFailed if the reader is gone."""
        for number in self._reader.numbers(self._stop):
            employee = self._employee(number)
            if employee is None:
                _log.info("badge_unknown")
            else:
                self._shown.append(employee)

    def stop(self) -> None:
        self._stop.set()

    def take(self) -> list[int]:
        """Whose badges have been shown since asked last."""
        taken = []
        while self._shown:
            taken.append(self._shown.popleft())
        return taken
