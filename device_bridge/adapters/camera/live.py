"""A USB camera or a stream URL through OpenCV: a grabber thread keeps the newest frame."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import cv2
import numpy as np

from device_bridge.domain.capture import Frame, ImageU8
from device_bridge.domain.event import CaptureTime
from device_bridge.errors import CameraLost
from device_bridge.ports import Clock

_OPEN_TIMEOUT_MS = 5000
_READ_TIMEOUT_MS = 3000
STALL_S = 3.0
"""No new frame for this long: the camera is taken for lost and opened anew. A frozen
RTSP camera still returns a frame or two, so one slow read is no proof."""


class LiveCamera:
    """Implements ports.Camera.

    Args:
        source: device index, or rtsp/http(s) URL.
    """

    def __init__(self, source: int | str, clock: Clock, boot_id: str) -> None:
        self._source, self._clock, self._boot_id = source, clock, boot_id
        self._closed = threading.Event()

    @property
    def name(self) -> str:
        """The source without the credentials an URL may carry."""
        if isinstance(self._source, int):
            return f"camera {self._source}"
        parts = urlsplit(self._source)
        return f"{parts.scheme}://{parts.hostname}{parts.path}"

    def frames(self) -> Iterator[Frame]:
        """Raises CameraLost if it cannot be opened or stops; call again to try anew."""
        video = self._open()
        grabber = _Grabber(video, self._clock, self._boot_id)
        thread = threading.Thread(target=grabber.run, name=f"grab {self.name}", daemon=True)
        thread.start()
        try:
            number = 0
            while not self._closed.is_set():
                newest = grabber.newer_than(number, timeout_s=STALL_S)
                if newest is None:
                    raise CameraLost(f"{self.name} gives no more pictures.")
                number = newest.number
                yield newest
        finally:
            grabber.stop()
            thread.join(timeout=_READ_TIMEOUT_MS / 1000)

    def close(self) -> None:
        self._closed.set()

    def _open(self) -> cv2.VideoCapture:
        if isinstance(self._source, int):
            video = cv2.VideoCapture(self._source)
        else:
            video = cv2.VideoCapture(
                self._source,
                cv2.CAP_FFMPEG,
                [
                    cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
                    _OPEN_TIMEOUT_MS,
                    cv2.CAP_PROP_READ_TIMEOUT_MSEC,
                    _READ_TIMEOUT_MS,
                ],
            )
        if not video.isOpened():
            video.release()
            raise CameraLost(
                f"{self.name} cannot be opened: is it connected, switched on, and not in use?"
            )
        return video


class _Grabber:
    """Reads as fast as the camera gives and keeps only the newest frame."""

    def __init__(self, video: cv2.VideoCapture, clock: Clock, boot_id: str) -> None:
        self._video, self._clock, self._boot_id = video, clock, boot_id
        self._news = threading.Condition()
        self._frame: Frame | None = None
        self._running = True

    def run(self) -> None:
        number = 0
        try:
            while self._running:
                ok, image = self._video.read()
                if not ok:
                    break
                number += 1
                self._publish(image.astype(np.uint8, copy=False), number)
        finally:
            self._video.release()
            with self._news:
                self._running = False
                self._news.notify_all()

    def newer_than(self, number: int, timeout_s: float) -> Frame | None:
        """The newest frame once it is newer than `number`; None if none comes."""
        with self._news:
            self._news.wait_for(
                lambda: not self._running or self._number() > number, timeout=timeout_s
            )
            return self._frame if self._number() > number else None

    def stop(self) -> None:
        self._running = False

    def _number(self) -> int:
        return 0 if self._frame is None else self._frame.number

    def _publish(self, image: ImageU8, number: int) -> None:
        time = CaptureTime(
            self._clock.now(), round(self._clock.monotonic_s() * 1000), self._boot_id
        )
        with self._news:
            self._frame = Frame(image, time, number)
            self._news.notify_all()
