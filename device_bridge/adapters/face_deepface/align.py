"""Five landmarks to the chip that dlib's network was trained on."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from device_bridge.domain.capture import ImageU8, Points
from device_bridge.errors import FaceNotUsable

CHIP_SIDE_PX = 150
# Where YuNet's points lie, on average, in chips cut by dlib's own five-point predictor
# with 25 % padding (the network's training set-up); right eye first, as in `Face`.
CHIP_POINTS = np.array(
    [[46.986, 45.455], [101.624, 45.455], [74.305, 77.473], [50.548, 100.561], [98.063, 100.561]],
    np.float64,
)
Matrix = NDArray[np.float64]


def chip(image_bgr: ImageU8, landmarks_px: Points) -> ImageU8:
    """(150, 150, 3) uint8 RGB: the face upright, at its place in the chip.

    Args:
        landmarks_px: (5, 2), in the order of `Face`.

    Raises:
        FaceNotUsable: the points are not finite or all in one place.
    """
    matrix = similarity_to(np.asarray(landmarks_px, np.float64), CHIP_POINTS)
    warped = warp(image_bgr, matrix, CHIP_SIDE_PX)
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
