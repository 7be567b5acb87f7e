"""A camera that somebody else may look through as well."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from device_bridge.domain.capture import Frame
from device_bridge.ports import Camera


class TappedCamera:
    """Implements ports.Camera: what the other one gives, told to `tap` on the way.

    Args:
        tap: must return at once.
    """

    def __init__(self, camera: Camera, tap: Callable[[Frame], None]) -> None:
        self._camera, self._tap = camera, tap

    def frames(self) -> Iterator[Frame]:
        for frame in self._camera.frames():
            self._tap(frame)
            yield frame

    def close(self) -> None:
        self._camera.close()
