"""Sequences of real pixels: a photo whose eyes close and whose head turns.

A mesh over dlib's 68 points is moved as eyelids and a turning head would move it. That
exercises the whole way from detector to judge; it is no person, so what it shows is that
the steps are understood, never how often an attack would pass (APCER).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from device_bridge.domain.capture import ImageU8

Points = NDArray[np.float64]

UPPER_LIDS, LOWER_LIDS = (37, 38, 43, 44), (41, 40, 47, 46)
# How far each point stands out of the plane through the eyes, in eye distances: a plain
# head, good enough to make the landmarks move as they do when a head turns.
DEPTH = np.concatenate(
    [
        [-1.1, -1.05, -1.0, -0.9, -0.75, -0.55, -0.35, -0.2, -0.15],  # jaw, right to chin
        [-0.2, -0.35, -0.55, -0.75, -0.9, -1.0, -1.05, -1.1],  # chin to left
        [-0.2, -0.05, 0.0, 0.05, 0.1, 0.1, 0.05, 0.0, -0.05, -0.2],  # brows
        [0.12, 0.25, 0.4, 0.55, 0.2, 0.27, 0.32, 0.27, 0.2],  # nose
        [-0.15, -0.05, -0.02, 0.0, -0.02, -0.02, 0.0, -0.02, -0.05, -0.15, -0.02, -0.02],  # eyes
        [-0.05, 0.1, 0.2, 0.22, 0.2, 0.1, -0.05, 0.1, 0.18, 0.2, 0.18, 0.1],  # mouth
        [-0.02, 0.15, 0.18, 0.15, -0.02, 0.15, 0.18, 0.15],
    ]
)


class Puppet:
    """A photo that can be posed.

    Args:
        photo_bgr: with one face, upright and frontal.
        points: (68, 2) of that face, in pixels of the photo.
        side_px: of the frames; the face takes a bit less than half of them.
    """

    def __init__(self, photo_bgr: ImageU8, points: Points, side_px: int = 480) -> None:
        centre = points[27:].mean(axis=0)
        scale = side_px * 0.13 / np.linalg.norm(points[42:48].mean(0) - points[36:42].mean(0))
        to_frame = np.column_stack([np.eye(2) * scale, side_px / 2 - centre * scale])
        self._photo = _warp_affine(photo_bgr, to_frame, side_px)
        self._points = points @ to_frame[:, :2].T + to_frame[:, 2]
        self._eyes_px = side_px * 0.13
        self._side_px = side_px
        cv2.setRNGSeed(0)
        rest = self._outline()
        self._rest = np.vstack([self._points, rest])
        self._depth = np.concatenate([DEPTH, np.full(len(rest), np.nan)])
        self._triangles = _triangulate(self._rest, side_px)

    def frame(self, *, yaw_deg: float = 0, closed: float = 0, noise: float = 2) -> ImageU8:
        """The photo with the head turned to its left by `yaw_deg`, its eyes `closed` (0–1)."""
        target = self._rest.copy()
        for upper, lower in zip(UPPER_LIDS, LOWER_LIDS, strict=True):
            target[upper] += closed * 0.92 * (self._rest[lower] - self._rest[upper])
        angle, middle = np.radians(yaw_deg), self._points[27, 0]
        turning = ~np.isnan(self._depth)
        x, z = target[turning, 0] - middle, self._depth[turning] * self._eyes_px
        target[turning, 0] = middle + x * np.cos(angle) + z * np.sin(angle)
        image = _warp_mesh(self._photo, self._rest, target, self._triangles)
        return self.noisy(image, noise)

    def still(self, matrix: Points | None = None, *, noise: float = 2) -> ImageU8:
        """The photo as it is, seen through a (3, 3) homography."""
        image: Any = self._photo
        if matrix is not None:
            size = (self._side_px, self._side_px)
            image = cv2.warpPerspective(image, matrix, size, borderMode=cv2.BORDER_REPLICATE)
        return self.noisy(image, noise)

    def bent(self, yaw_deg: float, *, noise: float = 2) -> ImageU8:
        """The photo on paper bent around an upright axis, turned by `yaw_deg`."""
        radius = self._side_px * 0.35
        across = np.arange(self._side_px) - self._side_px / 2
        angles = np.linspace(-1.5, 1.5, 3001)
        seen = radius * (np.sin(angles + np.radians(yaw_deg)) - np.sin(np.radians(yaw_deg)))
        keep = np.abs(angles + np.radians(yaw_deg)) < 1.45
        source = np.interp(across, seen[keep], angles[keep] * radius) + self._side_px / 2
        columns = np.repeat(source[None].astype(np.float32), self._side_px, axis=0)
        rows = np.repeat(np.arange(self._side_px, dtype=np.float32)[:, None], self._side_px, axis=1)
        return self.noisy(cv2.remap(self._photo, columns, rows, cv2.INTER_LINEAR), noise)

    def noisy(self, image: Any, sigma: float) -> ImageU8:
        """With a camera's noise, so that no two frames are copies."""
        noise = np.empty(image.shape, np.int16)
        cv2.randn(noise, (0, 0, 0), (sigma, sigma, sigma))
        noisy: Any = cv2.add(image, noise, dtype=cv2.CV_8U)
        return noisy  # type: ignore[no-any-return]

    def _outline(self) -> Points:
        """A forehead that stays put behind, and the frame's border."""
        side = self._side_px - 1
        border = np.linspace(0, side, 7)
        edges = [(x, y) for x in border for y in border if {x, y} & {0.0, float(side)}]
        return np.array(edges, np.float64)


def path(*stretches: tuple[float, float, int]) -> list[float]:
    """Values that go from, to, in so many frames, one stretch after another."""
    parts = [np.linspace(start, stop, count) for start, stop, count in stretches]
    return [float(value) for value in np.concatenate(parts)]


def hold(count: int) -> list[dict[str, float]]:
    return [{} for _ in range(count)]


BLINK = [{"closed": value} for value in path((0, 1, 3), (1, 1, 2), (1, 0, 3))]
TURN_LEFT = [{"yaw_deg": value} for value in path((0, 34, 8), (34, 34, 2), (34, 0, 8))]
TURN_RIGHT = [{"yaw_deg": -one["yaw_deg"]} for one in TURN_LEFT]
STEPS = {"blink": BLINK, "turn_left": TURN_LEFT, "turn_right": TURN_RIGHT}


def performance(steps: Iterable[str], *, pause: int = 8) -> list[dict[str, float]]:
    """The poses of somebody who does the steps in this order."""
    poses = hold(2 * pause)
    for step in steps:
        poses += STEPS[step] + hold(pause)
    return poses


def _triangulate(points: Points, side_px: int) -> list[tuple[int, int, int]]:
    plane = cv2.Subdiv2D((0, 0, side_px, side_px))
    keys: dict[tuple[float, float], int] = {}
    for index, (x, y) in enumerate(points.astype(np.float32)):
        keys.setdefault((float(x), float(y)), index)
        plane.insert((float(x), float(y)))
    found = []
    for corners in plane.getTriangleList().reshape(-1, 3, 2):
        indices = [keys.get((float(x), float(y))) for x, y in corners]
        if None not in indices:
            found.append(tuple(indices))
    return found  # type: ignore[return-value]


def _warp_mesh(
    image: ImageU8, source: Points, target: Points, triangles: Iterable[tuple[int, int, int]]
) -> ImageU8:
    result = image.copy()
    for triangle in triangles:
        index = list(triangle)
        before, after = source[index].astype(np.float32), target[index].astype(np.float32)
        if np.abs(before - after).max() < 1e-3:
            continue
        x, y, width, height = cv2.boundingRect(after)
        x0, y0 = max(x, 0), max(y, 0)
        x1, y1 = min(x + width, image.shape[1]), min(y + height, image.shape[0])
        if x1 <= x0 or y1 <= y0:
            continue
        origin = np.array([x0, y0], np.float32)
        matrix = cv2.getAffineTransform(before, after - origin)
        size = (x1 - x0, y1 - y0)
        patch = cv2.warpAffine(image, matrix, size, borderMode=cv2.BORDER_REPLICATE)
        mask = np.zeros((size[1], size[0]), np.uint8)
        cv2.fillConvexPoly(mask, np.round(after - origin).astype(np.int32), 1)
        view = result[y0:y1, x0:x1]
        view[mask > 0] = patch[mask > 0]
    return result


def _warp_affine(image: ImageU8, matrix: Points, side_px: int) -> ImageU8:
    scale = float(matrix[0, 0])
    if scale < 0.5:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(
            np.uint8
        )
        matrix = np.column_stack([matrix[:, :2] / scale, matrix[:, 2]])
    size = (side_px, side_px)
    warped: Any = cv2.warpAffine(image, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    return warped  # type: ignore[no-any-return]
