"""A badge reader without badges: a test shows numbers."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

from device_bridge.errors import OutputFailed


class FakeBadgeReader:
    """Implements ports.BadgeReader."""

    def __init__(self) -> None:
        self._shown: queue.Queue[str | None] = queue.Queue()

    def show(self, number: str) -> None:
        self._shown.put(number)

    def unplug(self) -> None:
        self._shown.put(None)

    def numbers(self, stop: threading.Event) -> Iterator[str]:
        while not stop.is_set():
            try:
                number = self._shown.get(timeout=0.05)
            except queue.Empty:
                continue
            if number is None:
                raise OutputFailed("The badge reader is gone.")
            yield number
