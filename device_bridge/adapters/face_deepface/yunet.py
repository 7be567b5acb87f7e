"""YuNet face detection in ONNX Runtime.

Network and decoding: Wu, Peng, Yu, "YuNet: A Tiny Millisecond-level Face Detector",
2023, and OpenCV's face_detect.cpp. Answers are OpenCV's to 1e-4 px; the difference is
that the picture's size may change from call to call and that threads may share it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from device_bridge.domain.capture import Face, ImageU8
from device_bridge.errors import ImageUnreadable

Floats = NDArray[np.float32]

STRIDES = (8, 16, 32)
_GRID = STRIDES[-1]
# Recall is 98 % at this height in the network's picture and 82 % at 17
# (docs/benchmarks.md, "Detection").
NETWORK_FACE_PX = 20
# Faces that fill a picture of this side are found; at twice the side they are not.
COARSE_SIDE_PX = 1024
SMALLEST_SIDE_PX = 320
# A 100-megapixel photo must not take the memory that its size suggests.
LARGEST_SIDE_PX = 2048
_CANDIDATES = 1000


@dataclass(frozen=True, slots=True)
class DetectionSettings:
    """What to look for.

    Attributes:
        min_face_px: height of the smallest face that must be found, in pixels of
            the picture. Doubling it makes detection about four times cheaper.
        min_score: detector confidence, 0–1.
        overlap: two boxes that share more than this part of their union are one face.
        max_faces: the largest faces are kept.
    """

    min_face_px: float = 48
    min_score: float = 0.7
    overlap: float = 0.3
    max_faces: int = 32


class YuNet:
    """Finds faces; holds no state of a call, so threads may share it."""

    def __init__(
        self, session: ort.InferenceSession, settings: DetectionSettings | None = None
    ) -> None:
        self._session = session
        self._outputs = [output.name for output in session.get_outputs()]
        self._settings = settings or DetectionSettings()

    def detect(self, image_bgr: ImageU8) -> tuple[Face, ...]:
        """Faces of a (height, width, 3) uint8 picture, largest first.

        Raises:
            ImageUnreadable: the array is of another shape or type, or empty.
        """
        check_picture(image_bgr)
        height, width = image_bgr.shape[:2]
        rows = [
            self._rows(image_bgr, side)
            for side in detection_sides(max(height, width), self._settings.min_face_px)
        ]
        found = _suppress(np.concatenate(rows), self._settings)
        faces = [_face(row) for row in found]
        faces.sort(key=lambda face: face.height_px, reverse=True)
        return tuple(faces[: self._settings.max_faces])

    def _rows(self, image_bgr: ImageU8, side: int) -> Floats:
        """(n, 15) box, landmarks and score, in pixels of `image_bgr`."""
        scale = side / max(image_bgr.shape[:2])
        padded = pad_to_grid(shrink(image_bgr, scale))
        answers = self._session.run(self._outputs, {"image": padded[None]})
        rows = decode(
            dict(zip(self._outputs, answers, strict=True)),
            padded.shape[1] // _GRID * _GRID,
            self._settings.min_score,
        )
        rows[:, :14] /= scale
        return rows


def check_picture(image: NDArray[Any]) -> None:
    """Raises ImageUnreadable unless `image` is (height, width, 3) uint8 with pixels."""
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
        raise ImageUnreadable(
            f"a picture must be (height, width, 3) uint8, not {image.shape} {image.dtype}"
        )


def detection_sides(long_side_px: int, min_face_px: float) -> tuple[int, ...]:
    """Long sides, in pixels, at which to look at a picture; multiples of 32.

    A second, coarse look finds the faces that are too large for the first.
    """
    wanted = long_side_px * NETWORK_FACE_PX / min_face_px
    side = math.ceil(min(max(wanted, SMALLEST_SIDE_PX), LARGEST_SIDE_PX) / _GRID) * _GRID
    return (side,) if side <= COARSE_SIDE_PX else (side, SMALLEST_SIDE_PX)


def shrink(image: ImageU8, scale: float) -> ImageU8:
    """The picture at `scale`, without aliasing.

    Halving is exact and has a fast path in OpenCV, so that it precedes the
    interpolation: 0.9 ms instead of 6 ms from 1280×720 to 544×306.
    """
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    while scale <= 0.5:
        even = image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2]
        if not even.size:
            break
        half = (even.shape[1] // 2, even.shape[0] // 2)
        image, scale = _u8(cv2.resize(even, half, interpolation=cv2.INTER_AREA)), scale * 2
    if image.shape[:2] == (height, width):
        return image
    return _u8(cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR))


def pad_to_grid(image: ImageU8) -> ImageU8:
    """Black to the right and below, up to the next multiple of 32."""
    bottom, right = (-side % _GRID for side in image.shape[:2])
    return _u8(cv2.copyMakeBorder(image, 0, bottom, 0, right, cv2.BORDER_CONSTANT))


def decode(answers: Mapping[str, Floats], width_px: int, min_score: float) -> Floats:
    """The network's anchors as (n, 15) rows: x, y, width, height, five points, score.

    Rows that are not finite are left out: a broken frame must not give a face.
    """
    found = [_decode_stride(answers, stride, width_px, min_score) for stride in STRIDES]
    rows = np.concatenate(found)
    return rows[np.isfinite(rows).all(axis=1)]


def _decode_stride(
    answers: Mapping[str, Floats], stride: int, width_px: int, min_score: float
) -> Floats:
    classes, objects = answers[f"cls_{stride}"][0, :, 0], answers[f"obj_{stride}"][0, :, 0]
    squares = np.clip(classes, 0, 1) * np.clip(objects, 0, 1)
    kept = np.flatnonzero(squares >= min_score * min_score)
    if not kept.size:
        return np.empty((0, 15), np.float32)
    scores = np.sqrt(squares[kept])
    order = np.argsort(-scores, kind="stable")[:_CANDIDATES]
    kept, scores = kept[order], scores[order]
    box, points = answers[f"bbox_{stride}"][0, kept], answers[f"kps_{stride}"][0, kept]
    cell = np.stack(np.divmod(kept, width_px // stride)[::-1], axis=1).astype(np.float32)
    size = np.exp(box[:, 2:])
    corner = cell + box[:, :2] - size / 2
    landmarks = (points.reshape(-1, 5, 2) + cell[:, None]).reshape(-1, 10)
    pixels = np.concatenate([corner, size, landmarks], axis=1) * stride
    return np.concatenate([pixels, scores[:, None]], axis=1).astype(np.float32)


def _suppress(rows: Floats, settings: DetectionSettings) -> Floats:
    if not len(rows):
        return rows
    boxes, scores = rows[:, :4].tolist(), rows[:, 14].tolist()
    kept = cv2.dnn.NMSBoxes(boxes, scores, settings.min_score, settings.overlap)
    return rows[np.asarray(kept, np.intp).ravel()]


def _face(row: Floats) -> Face:
    x, y, width, height = (float(value) for value in row[:4])
    return Face((x, y, width, height), row[4:14].reshape(5, 2).copy(), min(float(row[14]), 1.0))


def _u8(image: Any) -> ImageU8:
    """OpenCV's stubs promise no dtype; what goes in as uint8 comes out as uint8."""
    return image  # type: ignore[no-any-return]
