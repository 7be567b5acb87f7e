"""Fitness of one face for recognition, with a reason per defect.

The measures are those of ISO/IEC 29794-5 that five landmarks and a chip can give:
size, pose, illumination, sharpness, completeness.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

import numpy as np
from numpy.typing import NDArray

from device_bridge.domain.capture import Face, ImageU8, Points

QualityScore = NewType("QualityScore", float)
"""0–1; 0.5 is where a sample stops being usable."""


class Defect(StrEnum):
    """What is wrong with a face; a screen or a voice can say each one."""

    TOO_FAR = "too_far"
    TOO_CLOSE = "too_close"
    TURNED = "turned"
    TILTED = "tilted"
    DARK = "dark"
    BRIGHT = "bright"
    BLURRED = "blurred"
    CUT_OFF = "cut_off"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where a measure turns into a defect.

    Attributes:
        min_face_px: height of the face's box.
        max_face_part: height of the face's box over the height of the picture.
        min_sharpness: variance of the Laplacian of the chip, in grey levels squared.
        min_brightness, max_brightness: mean grey level of the chip, 0–255.
        max_roll_deg: the line through the eyes against the horizontal.
        max_nose_offset: the nose's way out of the middle between the eyes, along the
            line through them, over their distance. 0 is frontal.
        max_cut_part: share of the box's width or height outside the picture.
    """

    min_face_px: float = 48
    max_face_part: float = 0.9
    min_sharpness: float = 40
    min_brightness: float = 50
    max_brightness: float = 180
    max_roll_deg: float = 25
    max_nose_offset: float = 0.15
    max_cut_part: float = 0.1


# The one table, for gate, kiosk and registration station alike. Measured for this
# network and detector (docs/benchmarks.md, "Quality"); a template is compared for
# months, a frame once, hence the stricter second row.
MATCH = Thresholds()
ENROL = Thresholds(min_face_px=80, min_sharpness=100)


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured; units as in `Thresholds`, signs kept."""

    height_px: float
    frame_part: float
    sharpness: float
    brightness: float
    roll_deg: float
    nose_offset: float
    cut_part: float


@dataclass(frozen=True, slots=True)
class Quality:
    """How good a sample is.

    Attributes:
        score: the worst measure's; below 0.5 exactly when there is a defect.
        defects: in the order of `Defect`, which is the order in which to mention them.
    """

    score: QualityScore
    defects: tuple[Defect, ...]

    @property
    def usable(self) -> bool:
        return not self.defects


def assess(
    face: Face, chip_rgb: ImageU8, frame_shape: tuple[int, ...], thresholds: Thresholds = MATCH
) -> Quality:
    """Quality of `face`, found in a picture of `frame_shape` (height, width, …).

    Args:
        chip_rgb: the aligned face, (side, side, 3) uint8.
    """
    return judge(measure(face, chip_rgb, frame_shape), thresholds)


def measure(face: Face, chip_rgb: ImageU8, frame_shape: tuple[int, ...]) -> Measures:
    """The measures behind `assess`."""
    grey = luminance(chip_rgb)
    roll_deg, nose_offset = pose(face.landmarks_px)
    return Measures(
        height_px=face.height_px,
        frame_part=face.height_px / frame_shape[0],
        sharpness=laplacian_variance(grey),
        brightness=float(grey.mean()),
        roll_deg=roll_deg,
        nose_offset=nose_offset,
        cut_part=_cut_part(face, frame_shape),
    )


def judge(measures: Measures, thresholds: Thresholds) -> Quality:
    """Which measures are out of bounds, and how good the worst one is."""
    m, t = measures, thresholds
    margins = {
        Defect.TOO_FAR: _at_least(m.height_px, t.min_face_px),
        Defect.TOO_CLOSE: _at_most(m.frame_part, t.max_face_part),
        Defect.TURNED: _at_most(abs(m.nose_offset), t.max_nose_offset),
        Defect.TILTED: _at_most(abs(m.roll_deg), t.max_roll_deg),
        Defect.DARK: _at_least(m.brightness, t.min_brightness),
        Defect.BRIGHT: _at_most(m.brightness, t.max_brightness),
        Defect.BLURRED: _at_least(m.sharpness, t.min_sharpness),
        Defect.CUT_OFF: _at_most(m.cut_part, t.max_cut_part),
    }
    defects = tuple(defect for defect, score in margins.items() if score < 0.5)
    return Quality(QualityScore(min(margins.values())), defects)


def _at_least(value: float, least: float) -> float:
    """0 at nothing, 0.5 at the bound, 1 from twice the bound on; 0 if not a number."""
    return min(value / (2 * least), 1.0) if value >= 0 else 0.0


def _at_most(value: float, most: float) -> float:
    """1 at nothing, 0.5 at the bound, 0 from twice the bound on; 0 if not a number."""
    return max(1 - value / (2 * most), 0.0) if value >= 0 else 0.0


def pose(landmarks_px: Points) -> tuple[float, float]:
    """Roll in degrees (clockwise in the picture) and the nose's offset, both signed.

    The offset grows with yaw and is zero in front; it is no angle, because five points
    do not tell how far a nose stands out.
    """
    right_eye, left_eye, nose = landmarks_px[:3].astype(np.float64)
    across = left_eye - right_eye
    distance = float(np.hypot(*across))
    if not distance > 0:
        return math.nan, math.nan
    offset = float(np.dot(nose - (right_eye + left_eye) / 2, across)) / distance**2
    return math.degrees(math.atan2(across[1], across[0])), offset


def luminance(image_rgb: ImageU8) -> NDArray[np.float32]:
    """(height, width) float32 grey levels, ITU-R BT.601."""
    return image_rgb.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)


def laplacian_variance(grey: NDArray[np.float32]) -> float:
    """Variance of the four-neighbour Laplacian: small in a blurred picture.

    Pech-Pacheco et al. 2000, "Diatom autofocusing in brightfield microscopy".
    """
    middle = grey[1:-1, 1:-1]
    around = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    return float((around - 4 * middle).var())


def _cut_part(face: Face, frame_shape: tuple[int, ...]) -> float:
    x, y, width, height = face.box_px
    if not (width > 0 and height > 0):
        return 1.0
    across = max(-x, x + width - frame_shape[1], 0.0) / width
    down = max(-y, y + height - frame_shape[0], 0.0) / height
    return max(across, down)
