"""The newest picture of a camera, handed from the thread that brings it to the one that looks."""

from __future__ import annotations

import threading

from device_bridge.domain.capture import Frame, ImageU8
from device_bridge.domain.event import CaptureTime
from device_bridge.ports import Clock

LOST_S = 3.0
"""No fresh picture for this long: the camera is taken for lost."""


class Newest:
    """A place for one frame. A slow reader misses frames, it never gets old ones."""

    def __init__(self, clock: Clock, boot_id: str) -> None:
        self._clock, self._boot_id = clock, boot_id
        self._news = threading.Condition()
        self._frame: Frame | None = None
        self._ended = False

    def put(self, image_bgr: ImageU8) -> None:
        """(height, width, 3) uint8, captured now."""
        monotonic_ms = round(self._clock.monotonic_s() * 1000)
        time = CaptureTime(self._clock.now(), monotonic_ms, self._boot_id)
        with self._news:
            self._frame = Frame(image_bgr, time, self.number + 1)
            self._news.notify_all()

    def after(self, number: int) -> Frame | None:
        """The newest frame once it is newer than `number`; None if none comes, or after `end`."""
        with self._news:
            self._news.wait_for(lambda: self._ended or self.number > number, LOST_S)
            return self._frame if self.number > number else None

    def end(self) -> None:
        """Nothing more will come; whoever waits is told."""
        with self._news:
            self._ended = True
            self._news.notify_all()

    @property
    def number(self) -> int:
        """Of the newest frame, 0 before the first."""
        return 0 if self._frame is None else self._frame.number
