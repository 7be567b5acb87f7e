"""A camera that shows the frames it was given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from device_bridge.domain.capture import Frame


class FakeCamera:
    """Implements ports.Camera.

    Args:
        error: raised after the last frame, as a camera that is lost would.
    """

    def __init__(self, frames: Sequence[Frame], error: Exception | None = None) -> None:
        self._frames, self._error = list(frames), error
        self._closed = False

    def frames(self) -> Iterator[Frame]:
        for frame in self._frames:
            if self._closed:
                return
            yield frame
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def close(self) -> None:
        self._closed = True
