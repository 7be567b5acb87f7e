"""Recognition without a network: a painted square is a face, its colour is the person."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from device_bridge.domain.capture import Face, ImageU8
from device_bridge.domain.template import Vectors

MODEL = "painted-v1@square"
DIMENSION = 8
_SIDE_PX = 150
_LANDMARKS = np.array([[0.31, 0.3], [0.68, 0.3], [0.5, 0.52], [0.34, 0.67], [0.65, 0.67]])


def paint_face(image: ImageU8, colour: int, x: int, y: int, side_px: int, *, seed: int = 0) -> None:
    """Paint a square "face" of one grey level; the seed makes its texture differ."""
    noise = np.random.default_rng(seed).integers(-30, 31, (side_px, side_px, 1))
    image[y : y + side_px, x : x + side_px] = np.clip(colour + noise, 1, 255)
    image[y : y + side_px, x : x + side_px, 0] = colour


class PaintedFaceDetector:
    """Implements ports.FaceDetector: connected squares that are not black."""

    def detect(self, image_bgr: ImageU8) -> tuple[Face, ...]:
        faces = []
        blue = image_bgr[:, :, 0]
        for colour in np.unique(blue[blue > 0]):
            rows, columns = np.nonzero(blue == colour)
            x, y = int(columns.min()), int(rows.min())
            width, height = int(columns.max()) - x + 1, int(rows.max()) - y + 1
            points = (_LANDMARKS * (width, height) + (x, y)).astype(np.float32)
            faces.append(Face((x, y, width, height), points, 0.9))
        return tuple(sorted(faces, key=lambda face: -face.height_px))


class PaintedFaceEmbedder:
    """Implements ports.FaceEmbedder: the grey level picks the vector."""

    model = MODEL
    dimension = DIMENSION

    def align(self, image_bgr: ImageU8, face: Face) -> ImageU8:
        x, y, width, height = (int(value) for value in face.box_px)
        rows = y + np.arange(_SIDE_PX) * height // _SIDE_PX
        columns = x + np.arange(_SIDE_PX) * width // _SIDE_PX
        chip: ImageU8 = image_bgr[np.ix_(rows, columns)][:, :, ::-1].copy()
        return chip

    def embed(self, chips_rgb: Sequence[ImageU8]) -> Vectors:
        vectors = [vector_of(int(chip[0, 0, 2])) for chip in chips_rgb]
        return np.array(vectors, np.float32).reshape(-1, DIMENSION)


def vector_of(colour: int) -> Vectors:
    """The template of everybody painted in this colour; length one."""
    vector: Vectors = np.random.default_rng(colour).normal(size=DIMENSION).astype(np.float32)
    return vector / np.linalg.norm(vector)
