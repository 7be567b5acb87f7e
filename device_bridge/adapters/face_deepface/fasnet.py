"""Passive presentation attack detection with DeepFace's FasNet.

Two MiniFASNets look at the face with little and with much around it (Minivision,
"Silent-Face-Anti-Spoofing", 2020): the edge of a screen or a print, moiré, gloss.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from device_bridge.domain.capture import Face, ImageU8
from device_bridge.domain.liveness import PadLook, PadScore
from device_bridge.errors import FaceNotUsable

SMALLEST_PX = 16


class Client(Protocol):
    """What this adapter asks of DeepFace's client."""

    def analyze(
        self, img: ImageU8, facial_area: tuple[float, float, float, float]
    ) -> tuple[bool, float]:
        """Whether bona fide is the most probable of three classes, and that probability."""


class FasNet:
    """Implements ports.AttackDetector; holds no state of a call, so threads may share it."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def look(self, image_bgr: ImageU8, face: Face) -> PadLook:
        """An opinion of one face in one frame.

        Raises:
            FaceNotUsable: hardly any of the face is in the picture.
        """
        is_real, score = self._client.analyze(image_bgr, _inside(image_bgr, face))
        if not np.isfinite(score):
            raise FaceNotUsable("the attack detector has no opinion")
        return PadLook(bool(is_real), PadScore(min(max(float(score), 0.0), 1.0)))


def _inside(image: ImageU8, face: Face) -> tuple[float, float, float, float]:
    """The part of the face's box that the picture has; the networks' crop needs some."""
    height, width = image.shape[:2]
    x, y, box_width, box_height = face.box_px
    left, top = max(x, 0.0), max(y, 0.0)
    right, bottom = min(x + box_width, width), min(y + box_height, height)
    # Written so that a NaN fails, too.
    if not (right - left >= SMALLEST_PX and bottom - top >= SMALLEST_PX):
        raise FaceNotUsable("hardly any of the face is in the picture")
    return left, top, right - left, bottom - top
