"""As much of the package picamera2 as PiSource uses, with the same names and errors.

Signatures and formats as in the Picamera2 manual (2024), chapters 3 and 4: "RGB888" gives
arrays in the order that OpenCV calls BGR; an unknown camera number is an IndexError.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

in_use: set[int] = set()


class Picamera2:
    def __init__(self, camera_num: int = 0) -> None:
        if camera_num > 0:
            raise IndexError("list index out of range")
        if camera_num in in_use:
            raise RuntimeError("Camera __init__ sequence did not complete.")
        self._number, self._shade = camera_num, 0
        self._configuration: dict[str, Any] | None = None
        self._started = False
        in_use.add(camera_num)

    def create_video_configuration(
        self, main: dict[str, Any], controls: dict[str, Any], buffer_count: int
    ) -> dict[str, Any]:
        assert main["format"] == "RGB888"
        assert buffer_count > 1
        return {"size": main["size"], "every_s": 1 / controls["FrameRate"]}

    def configure(self, camera_config: dict[str, Any]) -> None:
        self._configuration = camera_config

    def start(self) -> None:
        if self._configuration is None:
            raise RuntimeError("Camera has not been configured")
        self._started = True

    def capture_array(self, name: str = "main") -> NDArray[np.uint8]:
        if not self._started or self._configuration is None:
            raise RuntimeError("Camera is not started")
        assert name == "main"
        time.sleep(self._configuration["every_s"])
        width, height = self._configuration["size"]
        self._shade = (self._shade + 5) % 256
        return np.full((height, width, 3), self._shade, np.uint8)

    def stop(self) -> None:
        self._started = False

    def close(self) -> None:
        in_use.discard(self._number)
