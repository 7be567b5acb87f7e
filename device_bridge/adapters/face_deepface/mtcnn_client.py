"""DeepFace's MTCNN with all five points; DeepFace itself keeps the eyes only.

Only `registry` may name this module, and it needs TensorFlow.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from deepface.models.Detector import FacialAreaRegion
from deepface.models.face_detection.MtCnn import MtCnnClient
from numpy.typing import NDArray


class FivePointMtCnn(MtCnnClient):  # type: ignore[misc]
    """MTCNN (Zhang et al. 2016) as the package `mtcnn` runs it in TensorFlow."""

    def detect_faces(self, img: NDArray[Any]) -> list[FacialAreaRegion]:
        """DeepFace's contract: BGR, left and right as the person has them."""
        found = self.model.detect_faces(np.ascontiguousarray(img[:, :, ::-1]))
        return [_region(one["box"], one["keypoints"], one["confidence"]) for one in found or []]


def _region(box: Any, points: Any, confidence: Any) -> FacialAreaRegion:
    x, y, width, height = (int(value) for value in box)

    def point(name: str) -> tuple[int, int]:
        across, down = points[name]
        return int(across), int(down)

    # MTCNN names sides as the viewer sees them.
    return FacialAreaRegion(
        x=x,
        y=y,
        w=width,
        h=height,
        left_eye=point("right_eye"),
        right_eye=point("left_eye"),
        confidence=float(confidence),
        nose=point("nose"),
        mouth_right=point("mouth_left"),
        mouth_left=point("mouth_right"),
    )
