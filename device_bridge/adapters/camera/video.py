"""USB cameras and RTSP streams through OpenCV."""

from __future__ import annotations

import cv2
import numpy as np

from device_bridge.adapters.camera.address import Address
from device_bridge.adapters.camera.rtsp_reason import reason
from device_bridge.adapters.camera.source import STALL_S
from device_bridge.domain.capture import ImageU8
from device_bridge.errors import CameraLost

_OPEN_TIMEOUT_MS = 5000
_READ_TIMEOUT_MS = 3000


class UsbSource:
    """Implements source.Source.

    Args:
        device: its number, or its path such as /dev/v4l/by-id/…, which stays the same when
            cameras are plugged in another order.
        width, height, fps: asked of the camera, which may give something near it.
    """

    fresh_within_s = STALL_S

    def __init__(self, device: int | str, width: int, height: int, fps: float) -> None:
        self._device, self._size, self._fps = device, (width, height), fps
        self.name = f"camera {device}"

    def open(self) -> VideoPictures:
        video = cv2.VideoCapture(self._device, cv2.CAP_V4L2)
        # as JPEG: uncompressed 720p does not fit through USB 2 at more than ten frames a second
        video.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        video.set(cv2.CAP_PROP_FRAME_WIDTH, self._size[0])
        video.set(cv2.CAP_PROP_FRAME_HEIGHT, self._size[1])
        video.set(cv2.CAP_PROP_FPS, self._fps)
        return VideoPictures(
            video, f"{self.name} cannot be opened: is it plugged in, and not in use elsewhere?"
        )


class StreamSource:
    """Implements source.Source over an RTSP address, or another that FFmpeg plays."""

    fresh_within_s = STALL_S

    def __init__(self, address: Address) -> None:
        self._address = address
        self.name = address.name

    def open(self) -> VideoPictures:
        video = cv2.VideoCapture(
            self._address.with_credentials(),
            cv2.CAP_FFMPEG,
            [
                *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _OPEN_TIMEOUT_MS),
                *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, _READ_TIMEOUT_MS),
                # several threads decode frames ahead of each other: that costs delay and work
                *(cv2.CAP_PROP_N_THREADS, 1),
            ],
        )
        if not video.isOpened():
            video.release()
            raise reason(self._address)
        return VideoPictures(video, "")


class VideoPictures:
    """Implements source.Pictures. Raises CameraLost with the given sentence if it is not open."""

    def __init__(self, video: cv2.VideoCapture, complaint: str) -> None:
        if not video.isOpened():
            video.release()
            raise CameraLost(complaint)
        self._video = video

    def read(self) -> ImageU8 | None:
        ok, image = self._video.read()
        return image.astype(np.uint8, copy=False) if ok else None

    def close(self) -> None:
        self._video.release()
