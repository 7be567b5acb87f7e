"""Our networks as DeepFace model clients.

Only `registry` may import this module: importing DeepFace reads the environment that
the registry sets.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from deepface.commons import folder_utils
from deepface.models.Detector import Detector, FacialAreaRegion
from deepface.models.FacialRecognition import FacialRecognition
from numpy.typing import NDArray

from device_bridge.adapters.face_deepface import models, weight_files, weights
from device_bridge.adapters.face_deepface.embedder import unit_rows
from device_bridge.adapters.face_deepface.models import Model
from device_bridge.adapters.face_deepface.session import open_session
from device_bridge.adapters.face_deepface.yunet import YuNet
from device_bridge.domain.capture import Face, ImageU8


class _Bytes(FacialRecognition):  # type: ignore[misc]
    """A network that takes bytes. DeepFace hands it whatever crop it was told to make."""

    described: ClassVar[Model]

    def __init__(self) -> None:
        self.model = open_session(_weights_path(self.described.files["onnx"][0]))
        self.model_name = self.described.id
        self.input_shape = (self.described.alignment.side_px,) * 2
        self.output_shape = self.described.dimension

    def forward(self, img: NDArray[Any]) -> list[float] | list[list[float]]:
        """DeepFace's contract: BGR float in 0–1, one picture or a batch."""
        batch = img[None] if img.ndim == 3 else img
        pixels = np.rint(batch * 255 if batch.max() <= 1 else batch).astype(np.uint8)
        vectors: list[list[float]] = self.vectors(pixels[..., ::-1]).tolist()
        return vectors[0] if len(vectors) == 1 else vectors

    def vectors(self, chips_rgb: ImageU8) -> NDArray[np.float32]:
        """(n, side, side, 3) uint8 RGB to (n, dimension) float32 of length one."""
        inputs = {"rgb": np.ascontiguousarray(chips_rgb)}
        return unit_rows(self.model.run(["embedding"], inputs)[0])


class AlignedDlibClient(_Bytes):
    """dlib's ResNet."""

    described = models.DLIB_RESNET


class FacenetCasiaClient(_Bytes):
    """FaceNet as published by its author."""

    described = models.FACENET_CASIA


class YuNetClient(Detector):  # type: ignore[misc]
    """YuNet in ONNX Runtime."""

    def __init__(self) -> None:
        self.session = open_session(_weights_path(weight_files.YUNET_DYNAMIC))

    def detect_faces(self, img: NDArray[Any]) -> list[FacialAreaRegion]:
        """DeepFace's contract: whole pixels, left and right as the person has them."""
        return [_region(face) for face in YuNet(self.session).detect(img)]


def _region(face: Face) -> FacialAreaRegion:
    x, y, width, height = (int(value) for value in face.box_px)
    right_eye, left_eye, nose, mouth_right, mouth_left = (
        (int(px), int(py)) for px, py in face.landmarks_px
    )
    return FacialAreaRegion(
        x=max(x, 0),
        y=max(y, 0),
        w=width,
        h=height,
        left_eye=left_eye,
        right_eye=right_eye,
        confidence=face.score,
        nose=nose,
        mouth_right=mouth_right,
        mouth_left=mouth_left,
    )


def _weights_path(name: str) -> Path:
    return weights.path_of(Path(folder_utils.get_deepface_home()), name)
