"""A face in a picture to the chip that a network was trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from device_bridge.domain.capture import Face, ImageU8
from device_bridge.errors import FaceNotUsable

Matrix = NDArray[np.float64]

CHIP_SIDE_PX = 150
# Where YuNet's points lie, on average, in chips cut by dlib's own five-point predictor
# with 25 % padding (the network's training set-up); right eye first, as in `Face`.
CHIP_POINTS = np.array(
    [[46.986, 45.455], [101.624, 45.455], [74.305, 77.473], [50.548, 100.561], [98.063, 100.561]],
    np.float64,
)
# insightface's reference points for 112×112 (face_align.py, arcface_dst). OpenCV's
# FaceRecognizerSF aligns SFace's faces to the same ones; GhostFaceNets trained on them.
ARCFACE_POINTS = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ],
    np.float64,
)


class Alignment(Protocol):
    """How a network's faces were cut out of pictures."""

    @property
    def text(self) -> str:
        """For a person."""

    @property
    def side_px(self) -> int: ...

    def matrix(self, face: Face) -> Matrix:
        """(2, 3) map from the picture to the chip.

        Raises:
            FaceNotUsable: box or landmarks do not allow one.
        """


@dataclass(frozen=True, eq=False)
class FivePoints:
    """Eyes, nose and mouth brought as close as turning, scaling and shifting can to `points`.

    Attributes:
        points: (5, 2) pixels of the chip, in the order of `Face`.
    """

    side_px: int
    points: Matrix

    @property
    def text(self) -> str:
        return f"five points, {self.side_px} px"

    def matrix(self, face: Face) -> Matrix:
        return similarity_to(np.asarray(face.landmarks_px, np.float64), self.points)


@dataclass(frozen=True, eq=False)
class Box:
    """The detector's box, enlarged, scaled to the chip; the head keeps its tilt.

    Attributes:
        enlarged: the crop's sides over the box's.
        square: keep the proportions, around the mean of width and height; otherwise the
            box is squeezed into the square.
    """

    side_px: int
    enlarged: float
    square: bool

    @property
    def text(self) -> str:
        return f"{'square' if self.square else 'box'} × {self.enlarged:g}, {self.side_px} px"

    def matrix(self, face: Face) -> Matrix:
        box = np.array(face.box_px, np.float64)
        if not np.isfinite(box).all() or not (box[2:] >= 1).all():
            raise FaceNotUsable("the face's box is not finite or empty")
        size = np.full(2, box[2:].mean()) if self.square else box[2:]
        scale = self.side_px / (size * self.enlarged)
        centre = box[:2] + box[2:] / 2
        # Pixel centres, not corners, keep their place: hence the halves.
        shift = (self.side_px - 1) / 2 - scale * (centre - 0.5)
        return np.column_stack([np.diag(scale), shift])


DLIB = FivePoints(CHIP_SIDE_PX, CHIP_POINTS)
ARCFACE = FivePoints(112, ARCFACE_POINTS)
# davidsandberg/facenet, align_dataset_mtcnn.py with --image_size 160 --margin 32: the box
# fills 128 of 160 pixels. YuNet's boxes are MTCNN's, near enough: both learnt WIDER FACE's.
MTCNN_BOX = Box(160, enlarged=160 / 128, square=False)
# Parkhi, Vedaldi, Zisserman, "Deep Face Recognition", 2015, and the crop in the code
# released with it: a square on the mean of the sides, a tenth larger.
VGG_BOX = Box(224, enlarged=1.1, square=True)


def chip(image_bgr: ImageU8, face: Face, alignment: Alignment) -> ImageU8:
    """(side, side, 3) uint8 RGB: the face at its place in the chip.

    Raises:
        FaceNotUsable: its landmarks, or its box, cannot be.
    """
    warped = warp(image_bgr, alignment.matrix(face), alignment.side_px)
    return np.ascontiguousarray(warped[:, :, ::-1])


def similarity_to(source: Matrix, target: Matrix) -> Matrix:
    """(2, 3) rotation, scale and shift that brings `source` closest to `target`.

    Least squares without reflection, in closed form for two dimensions
    (Umeyama 1991, "Least-squares estimation of transformation parameters").

    Raises:
        FaceNotUsable: `source` is not finite or all in one place.
    """
    if not np.isfinite(source).all():
        raise FaceNotUsable("the face's landmarks are not finite")
    centre, goal = source.mean(axis=0), target.mean(axis=0)
    a, b = source - centre, target - goal
    spread = float((a * a).sum())
    if spread < 1e-6:
        raise FaceNotUsable("the face's landmarks are all in one place")
    cosine = float((a * b).sum()) / spread
    sine = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / spread
    turn = np.array([[cosine, -sine], [sine, cosine]])
    return np.column_stack([turn, goal - turn @ centre])


def warp(image: ImageU8, matrix: Matrix, side_px: int) -> ImageU8:
    """The (side_px, side_px, 3) picture that `matrix` maps `image` to.

    warpAffine looks at four pixels only, so a face much larger than the chip is
    first averaged down to at most twice the chip's resolution.
    """
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if scale < 0.5:
        image, matrix = _shrink_source(image, matrix, 2 * scale, side_px)
    size = (side_px, side_px)
    warped: Any = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR)
    return warped  # type: ignore[no-any-return]


def _shrink_source(
    image: ImageU8, matrix: Matrix, scale: float, side_px: int
) -> tuple[ImageU8, Matrix]:
    """The part of `image` that the chip shows, at `scale`, and the matrix to match."""
    corners = np.array([[0, 0], [side_px, 0], [0, side_px], [side_px, side_px]], np.float64)
    inverse = cv2.invertAffineTransform(matrix)
    seen = corners @ inverse[:, :2].T + inverse[:, 2]
    limit = np.array([image.shape[1], image.shape[0]])
    low = np.clip(np.floor(seen.min(axis=0)) - 2, 0, limit).astype(int)
    high = np.clip(np.ceil(seen.max(axis=0)) + 2, 0, limit).astype(int)
    part = image[low[1] : high[1], low[0] : high[0]]
    if min(part.shape[:2]) < 2:
        return image, matrix
    size = [max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale))]
    small: Any = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    step = np.array([part.shape[1] / size[0], part.shape[0] / size[1]])
    # Pixel centres, not corners, keep their place: hence the halves.
    back = np.column_stack([np.diag(step), low + (step - 1) / 2])
    whole = np.vstack([back, [0, 0, 1]])
    return small, matrix @ whole
