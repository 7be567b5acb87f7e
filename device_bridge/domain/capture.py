"""What a camera gives and what a detector finds in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device_bridge.domain.event import CaptureTime

ImageU8 = NDArray[np.uint8]
Points = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture with the moment it was captured.

    Attributes:
        image_bgr: (height, width, 3) uint8, as OpenCV orders colours.
        time: when it was captured, with the evidence for it.
        number: counts up within one camera; gaps are frames that nobody looked at.
    """

    image_bgr: ImageU8
    time: CaptureTime
    number: int


@dataclass(frozen=True, slots=True)
class Face:
    """One detected face, in pixels of the picture it was found in.

    Attributes:
        box_px: x, y, width, height; may reach outside the picture.
        landmarks_px: (5, 2) float32 in the order right eye, left eye, nose,
            right mouth corner, left mouth corner (the person's right and left).
        score: the detector's confidence, 0–1.
    """

    box_px: tuple[float, float, float, float]
    landmarks_px: Points
    score: float

    @property
    def height_px(self) -> float:
        return self.box_px[3]

    @property
    def centre_px(self) -> tuple[float, float]:
        x, y, width, height = self.box_px
        return x + width / 2, y + height / 2


def is_bystander(main: Face, other: Face) -> bool:
    """A face under half the main one's height belongs to the background."""
    return other.height_px < main.height_px / 2
