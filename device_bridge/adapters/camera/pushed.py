"""A camera whose pictures are brought to it: by a browser on this machine, for one."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from device_bridge.adapters.camera.newest import Newest
from device_bridge.domain.capture import Frame, ImageU8
from device_bridge.errors import CameraLost
from device_bridge.ports import Clock


class PushedCamera:
    """Implements ports.Camera; `push` is called from any thread."""

    def __init__(self, name: str, clock: Clock, boot_id: str) -> None:
        self._name = name
        self._newest = Newest(clock, boot_id)
        self._closed = threading.Event()

    def push(self, image_bgr: ImageU8) -> None:
        """(height, width, 3) uint8, captured now."""
        self._newest.put(image_bgr)

    def frames(self) -> Iterator[Frame]:
        """Raises CameraLost while nobody brings pictures."""
        number = self._newest.number
        while not self._closed.is_set():
            frame = self._newest.after(number)
            if frame is not None:
                number = frame.number
                yield frame
            elif not self._closed.is_set():
                raise CameraLost(f"{self._name} shows no pictures.")

    def close(self) -> None:
        self._closed.set()
        self._newest.end()
