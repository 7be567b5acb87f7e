"""A live camera: a grabber thread keeps the newest picture and notices when none comes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

from device_bridge.adapters.camera.newest import Newest
from device_bridge.adapters.camera.source import Pictures, Source
from device_bridge.domain.capture import Frame
from device_bridge.errors import CameraLost
from device_bridge.ports import Clock

_log = logging.getLogger(__name__)

_END_WITHIN_S = 3.0


class LiveCamera:
    """Implements ports.Camera over any source."""

    def __init__(self, source: Source, clock: Clock, boot_id: str) -> None:
        self._source, self._clock, self._boot_id = source, clock, boot_id
        self._closed = threading.Event()
        self._newest = Newest(clock, boot_id)

    def frames(self) -> Iterator[Frame]:
        """Raises CameraLost if it cannot be opened or stops; call again to try anew."""
        name = self._source.name
        pictures = self._source.open()
        newest = self._newest = Newest(self._clock, self._boot_id)
        grabber = _Grabber(self._source, pictures, newest, self._clock)
        thread = threading.Thread(target=grabber.run, name=f"grab {name}", daemon=True)
        thread.start()
        _log.info("camera_opened", extra={"camera": name})
        number = 0
        try:
            while not self._closed.is_set():
                frame = newest.after(number)
                if frame is not None:
                    number = frame.number
                    yield frame
                elif not self._closed.is_set():
                    raise CameraLost(grabber.why or f"{name} gives no more pictures.")
        finally:
            grabber.running = False
            thread.join(_END_WITHIN_S)

    def close(self) -> None:
        self._closed.set()
        self._newest.end()


class _Grabber:
    """Reads as fast as the camera gives."""

    def __init__(self, source: Source, pictures: Pictures, newest: Newest, clock: Clock) -> None:
        self._source, self._pictures, self._newest = source, pictures, newest
        self._clock = clock
        self.running = True
        self.why = ""

    def run(self) -> None:
        try:
            while self.running:
                began_s = self._clock.monotonic_s()
                image = self._pictures.read()
                if image is None:
                    break
                if self._clock.monotonic_s() - began_s <= self._source.fresh_within_s:
                    self._newest.put(image)
                else:
                    _log.warning("camera_stalled", extra={"camera": self._source.name})
        except CameraLost as error:
            self.why = str(error)
        finally:
            self._pictures.close()
            self._newest.end()
