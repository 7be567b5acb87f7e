"""What a live camera is made of: something that opens and then gives pictures one by one."""

from __future__ import annotations

from typing import Protocol

from device_bridge.domain.capture import ImageU8


class Pictures(Protocol):
    """An open stream, used by one thread."""

    def read(self) -> ImageU8 | None:
        """The next picture, (height, width, 3) uint8 BGR, when it comes; None when the stream
        has ended. Raises CameraLost."""

    def close(self) -> None: ...


class Source(Protocol):
    """A camera's address.

    Attributes:
        name: for people and logs: without user name, password and query.
        fresh_within_s: a read that takes longer is a stall. A frozen camera still hands out a
            picture or two from before, so what such a read brings is not shown to anybody.
    """

    name: str
    fresh_within_s: float

    def open(self) -> Pictures:
        """Raises CameraLost, CameraRefused, CameraUnreadable; its sentence is for people."""


STALL_S = 1.0
"""For a camera that sends by itself."""
