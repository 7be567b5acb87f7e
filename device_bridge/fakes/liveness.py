"""Attack detection without networks, for painted faces."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from device_bridge.domain.capture import Face, ImageU8
from device_bridge.domain.landmarks import Points68
from device_bridge.domain.liveness import PadLook, PadScore


class PaintedAttackDetector:
    """Implements ports.AttackDetector: some colours are pictures held up to the camera.

    Args:
        score: given to every face, whichever way it is judged.
    """

    def __init__(self, *attacks: int, score: float = 0.99) -> None:
        self._attacks, self._score = attacks, score
        self.calls = 0

    def look(self, image_bgr: ImageU8, face: Face) -> PadLook:
        self.calls += 1
        x, y = round(face.box_px[0]), round(face.box_px[1])
        return PadLook(int(image_bgr[y, x, 0]) not in self._attacks, PadScore(self._score))


class PosedLandmarker:
    """Implements ports.Landmarker: a face whose pose `pose_of` reads from the picture.

    Args:
        pose_of: gives how open the eyes are (aspect ratio), and the turn, −1 to 1.
    """

    def __init__(self, pose_of: Callable[[ImageU8], tuple[float, float]]) -> None:
        self._pose_of = pose_of

    def landmarks(self, image_bgr: ImageU8, face: Face) -> Points68:
        return pose_points(*self._pose_of(image_bgr))


def pose_points(openness: float, turn: float, length: float = 1.0) -> Points68:
    """(68, 2) points of a plain face with these measures (domain/landmarks.py)."""
    points = np.full((68, 2), 100.0)
    for first, x in ((36, 70.0), (42, 130.0)):
        half = 20 * openness / 2
        points[first : first + 6] = [
            (x - 10, 100),
            (x - 4, 100 - half),
            (x + 4, 100 - half),
            (x + 10, 100),
            (x + 4, 100 + half),
            (x - 4, 100 + half),
        ]
    points[0:3] = (40, 120)
    points[14:17] = (160, 120)
    points[30] = (100 + 60 * turn, 130)
    points[[48, 54]] = [(80, 100 + 60 * length), (120, 100 + 60 * length)]
    return points
