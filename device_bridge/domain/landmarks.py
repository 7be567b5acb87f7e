"""What 68 landmarks tell of a face: how open its eyes are, and where it is turned.

Points are numbered as in the iBUG 300-W annotation (dlib's predictor): 0–16 jaw, 17–26
brows, 27–35 nose, 36–41 right eye, 42–47 left eye, 48–67 mouth; right and left are the
person's own, so the right eye lies left in an upright picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points68 = NDArray[np.float64]

_RIGHT_EYE, _LEFT_EYE = slice(36, 42), slice(42, 48)
_RIGHT_JAW, _LEFT_JAW = slice(0, 3), slice(14, 17)
_NOSE_TIP = 30
_MOUTH_CORNERS = [48, 54]


@dataclass(frozen=True, slots=True)
class Features:
    """Measures that neither the picture's size nor a rotation in its plane changes.

    Attributes:
        openness: mean of both eyes' aspect ratios (Soukupová, Čech, "Real-Time Eye Blink
            Detection using Facial Landmarks", 2016); open 0.2–0.45.
        turn: where the nose's tip lies between the ends of the jaw line, −1 at the right
            end to 1 at the left end. Grows as the head turns to its left: on photos some
            0.02 a degree. A flat picture turned around any axis hardly changes it.
        length: from the eyes down to the mouth, in eye distances. A nod or a picture
            tilted back shortens it, just as it makes eyes look narrower.
    """

    openness: float
    turn: float
    length: float


def features(points: Points68) -> Features | None:
    """The measures of (68, 2) points in pixels; None if they form no face."""
    if points.shape != (68, 2) or not np.isfinite(points).all():
        return None
    right, left = points[_RIGHT_EYE].mean(axis=0), points[_LEFT_EYE].mean(axis=0)
    distance = float(np.linalg.norm(left - right))
    if distance < 1:
        return None
    across = (left - right) / distance
    right_jaw = float((points[_RIGHT_JAW] @ across).mean())
    left_jaw = float((points[_LEFT_JAW] @ across).mean())
    if left_jaw - right_jaw < distance / 2:
        return None
    nose = float(points[_NOSE_TIP] @ across)
    mouth = points[_MOUTH_CORNERS].mean(axis=0)
    return Features(
        openness=(_aspect(points[_RIGHT_EYE]) + _aspect(points[_LEFT_EYE])) / 2,
        turn=(2 * nose - right_jaw - left_jaw) / (left_jaw - right_jaw),
        length=float(np.linalg.norm(mouth - (right + left) / 2)) / distance,
    )


def _aspect(eye: Points68) -> float:
    """Height over width of six points around an eye; 0 for an eye without width."""
    width = float(np.linalg.norm(eye[0] - eye[3]))
    height = float(np.linalg.norm(eye[1] - eye[5]) + np.linalg.norm(eye[2] - eye[4])) / 2
    return height / width if width > 0 else 0.0
