"""A live camera: a thread of its own opens and reads it, so that it can hold up no gate."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

from device_bridge.adapters.camera.newest import Newest
from device_bridge.adapters.camera.source import Source
from device_bridge.domain.capture import Frame
from device_bridge.errors import CameraLost, CameraUnreadable
from device_bridge.ports import Clock

_log = logging.getLogger(__name__)

OPEN_WITHIN_S = 20.0
"""An ONVIF camera is asked three things, each within five seconds, and then for its stream."""
MOST_HANGING = 3
"""Tries that a driver or a peer holds on to, per camera; while they hang, none is added."""
_END_WITHIN_S = 3.0


class LiveCamera:
    """Implements ports.Camera over any source.

    Whatever a source does, whoever asks for frames is answered in time: a try that hangs, in
    opening or in reading, is left to its thread, which ends by itself once it is let go.

    Args:
        alone: whether what is no camera may end the program, so that a person is told at once. A
            gate beside others tries on, as one that was a camera before: it may be starting up.
    """

    def __init__(self, source: Source, clock: Clock, boot_id: str, *, alone: bool = True) -> None:
        self._source, self._clock, self._boot_id = source, clock, boot_id
        self._closed = threading.Event()
        self._grabber = self._new_grabber()
        self._left: list[_Grabber] = []
        self._is_camera = not alone

    def frames(self) -> Iterator[Frame]:
        """Raises CameraLost if it cannot be opened or stops; call again to try anew."""
        self._left = [one for one in self._left if one.is_alive()]
        if len(self._left) >= MOST_HANGING:
            raise CameraLost(
                f"{self._source.name} does not answer, and {len(self._left)} tries hang."
            )
        grabber = self._grabber = self._new_grabber()
        grabber.start()
        try:
            yield from self._shown(grabber)
        finally:
            grabber.stop()
            grabber.join(_END_WITHIN_S)
            if grabber.is_alive():
                _log.error("camera_hangs", extra={"camera": self._source.name})
                self._left.append(grabber)

    def _shown(self, grabber: _Grabber) -> Iterator[Frame]:
        name, number = self._source.name, 0
        if not self._closed.is_set() and not grabber.begun.wait(OPEN_WITHIN_S):
            raise CameraLost(f"{name} does not answer.")
        while not self._closed.is_set():
            frame = grabber.newest.after(number)
            if frame is not None:
                number = frame.number
                self._is_camera = True
                yield frame
            elif not self._closed.is_set():
                raise self._why(grabber)

    def _why(self, grabber: _Grabber) -> Exception:
        error = grabber.error or CameraLost(f"{self._source.name} gives no more pictures.")
        if self._is_camera and isinstance(error, CameraUnreadable):
            return CameraLost(str(error))
        return error

    def close(self) -> None:
        self._closed.set()
        self._grabber.stop()

    def _new_grabber(self) -> _Grabber:
        return _Grabber(self._source, Newest(self._clock, self._boot_id), self._clock)


class _Grabber(threading.Thread):
    """Opens the camera, and reads as fast as it gives.

    Attributes:
        begun: set once it is open, or never will be.
        error: why it ended; for the thread that looks.
    """

    def __init__(self, source: Source, newest: Newest, clock: Clock) -> None:
        super().__init__(name=f"grab {source.name}", daemon=True)
        self._source, self._clock = source, clock
        self._running = True
        self.newest = newest
        self.begun = threading.Event()
        self.error: Exception | None = None

    def stop(self) -> None:
        """Returns at once; whoever waits for a frame is told that none comes."""
        self._running = False
        self.begun.set()
        self.newest.end()

    def run(self) -> None:
        try:
            self._grab()
        except Exception as error:  # noqa: BLE001 (raised again where it is supervised)
            self.error = error
        finally:
            self.stop()

    def _grab(self) -> None:
        pictures = self._source.open()
        try:
            if self._running:
                _log.info("camera_opened", extra={"camera": self._source.name})
                self.begun.set()
            while self._running:
                began_s = self._clock.monotonic_s()
                image = pictures.read()
                if image is None:
                    break
                if self._clock.monotonic_s() - began_s <= self._source.fresh_within_s:
                    self.newest.put(image)
                else:
                    _log.warning("camera_stalled", extra={"camera": self._source.name})
        finally:
            pictures.close()
