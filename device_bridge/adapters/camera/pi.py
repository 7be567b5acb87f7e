"""The Raspberry Pi's camera by picamera2, which Raspberry Pi OS brings (python3-picamera2)."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from device_bridge.adapters.camera.source import STALL_S
from device_bridge.domain.capture import ImageU8
from device_bridge.errors import CameraLost, CameraUnreadable


class PiSource:
    """Implements source.Source.

    Args:
        number: which of the cameras, where a board has two.
        rotate: 0 or 180 degrees; the sensor can do it for nothing.
    """

    fresh_within_s = STALL_S

    def __init__(self, number: int, width: int, height: int, fps: float, rotate: int = 0) -> None:
        self._number, self._size, self._fps, self._rotate = number, (width, height), fps, rotate
        self.name = f"Raspberry Pi camera {number}"

    def open(self) -> _PiPictures:
        try:
            picamera2 = importlib.import_module("picamera2")
        except ImportError as error:
            raise CameraUnreadable(
                "The package picamera2 is missing: sudo apt install python3-picamera2, and make"
                " the environment with --system-site-packages."
            ) from error
        try:
            camera = picamera2.Picamera2(self._number)
        except (IndexError, RuntimeError) as error:
            raise CameraLost(
                f"{self.name} cannot be opened: is the ribbon cable in, and nobody else using it?"
            ) from error
        return _PiPictures(camera, self._configuration(camera), self.name)

    def _configuration(self, camera: Any) -> Any:
        options: dict[str, Any] = {
            # libcamera's RGB888 has the bytes in the order that OpenCV calls BGR
            "main": {"size": self._size, "format": "RGB888"},
            "controls": {"FrameRate": self._fps},
            "buffer_count": 3,
        }
        if self._rotate == 180:
            options["transform"] = importlib.import_module("libcamera").Transform(hflip=1, vflip=1)
        return camera.create_video_configuration(**options)


class _PiPictures:
    """Implements source.Pictures."""

    def __init__(self, camera: Any, configuration: Any, name: str) -> None:
        self._camera, self._name = camera, name
        try:
            camera.configure(configuration)
            camera.start()
        except RuntimeError as error:
            camera.close()
            raise CameraLost(f"{name} does not start.") from error

    def read(self) -> ImageU8 | None:
        try:
            # a request of its own would hand out the sensor's buffer; this is a copy
            image: ImageU8 = self._camera.capture_array("main")
        except RuntimeError as error:
            raise CameraLost(f"{self._name} broke off.") from error
        return np.ascontiguousarray(image[:, :, :3])

    def close(self) -> None:
        self._camera.stop()
        self._camera.close()
