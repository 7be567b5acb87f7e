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


WHITE = 250
BIN = 3


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
        min_sharpness: see `sharpness`; of the middle of the chip, averaged over 3×3
            pixels, in grey levels.
        min_brightness: mean grey level of the middle of the chip, 0–255.
        max_burnt_part: share of those pixels that are white (250 and more).
        max_roll_deg: the line through the detected eyes against the horizontal. YuNet
            pulls its points upright: 15 measured are some 30 in truth.
        max_nose_offset: the nose's way out of the middle between the eyes, along the
            line through them, over their distance. 0 is frontal, 0.2 some 30 degrees.
        max_cut_part: share of the face that lies outside the picture.
    """

    min_face_px: float
    max_face_part: float
    min_sharpness: float
    min_brightness: float
    max_burnt_part: float
    max_roll_deg: float
    max_nose_offset: float
    max_cut_part: float


# The one table, for gate, kiosk and registration station alike. A bound lies about where
# one spoilt photo in twenty is less than 0.95 similar to itself unspoilt, as far as the
# measure can tell (docs/benchmarks.md, "Quality"). Enrolment is stricter: a frame is
# compared once, a template for years.
MATCH = Thresholds(
    min_face_px=44,  # the detector measures a face 48 px high as 44 to 52
    max_face_part=0.9,
    min_sharpness=0.15,
    min_brightness=30,
    max_burnt_part=0.4,
    max_roll_deg=15,
    max_nose_offset=0.25,
    max_cut_part=0.25,
)
ENROL = Thresholds(
    min_face_px=80,
    max_face_part=0.9,
    min_sharpness=0.3,
    min_brightness=50,
    max_burnt_part=0.2,
    max_roll_deg=12,
    max_nose_offset=0.2,
    max_cut_part=0.1,
)


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured; units as in `Thresholds`, signs kept."""

    height_px: float
    frame_part: float
    sharpness: float
    brightness: float
    burnt_part: float
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
    grey = luminance(middle(chip_rgb))
    roll_deg, nose_offset = pose(face.landmarks_px)
    return Measures(
        height_px=face.height_px,
        frame_part=face.height_px / frame_shape[0],
        sharpness=sharpness(binned(grey)),
        brightness=float(grey.mean()),
        burnt_part=float((grey >= WHITE).mean()),
        roll_deg=roll_deg,
        nose_offset=nose_offset,
        cut_part=cut_part(face.landmarks_px, frame_shape),
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
        Defect.BRIGHT: _at_most(m.burnt_part, t.max_burnt_part),
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


def sharpness(grey: NDArray[np.float32]) -> float:
    """Variance of the second difference over the mean, in the direction that has least.

    The usual variance of the Laplacian sums over directions, and so misses a head that
    moves: along the motion everything is smooth, across it nothing is. And it counts
    light twice, so that it calls dark faces blurred; over the mean, it judges dark and
    light faces alike (docs/benchmarks.md, "Quality").
    """
    centre = grey[1:-1, 1:-1]
    sides = np.stack(
        [
            grey[1:-1, :-2] + grey[1:-1, 2:],
            grey[:-2, 1:-1] + grey[2:, 1:-1],
            grey[:-2, :-2] + grey[2:, 2:],
            grey[:-2, 2:] + grey[2:, :-2],
        ]
    )
    variances = (sides - 2 * centre).var(axis=(1, 2)) / _APART
    return float(variances.min()) / max(float(grey.mean()), 1.0)


def middle(chip: ImageU8) -> ImageU8:
    """The part of a chip that is face whoever it shows: no hair, no background."""
    height, width = chip.shape[:2]
    return chip[height * 12 // 50 : height * 38 // 50, width * 13 // 50 : width * 37 // 50]


def binned(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means of 3×3 blocks: takes the camera's noise out, leaves what the network sees."""
    height, width = (side // BIN for side in grey.shape)
    rows = grey[: height * BIN, : width * BIN].reshape(height, BIN, width * BIN).sum(axis=1)
    return np.asarray(rows.reshape(height, width, BIN) @ _BIN_MEAN, np.float32)


def cut_part(landmarks_px: Points, frame_shape: tuple[int, ...]) -> float:
    """Share of the face outside the picture, 0–1.

    Judged by where the face must be, given the eyes: the detector's box is squeezed
    into the picture and says nothing.
    """
    right_eye, left_eye = landmarks_px[:2].astype(np.float64)
    across = left_eye - right_eye
    down = np.array([-across[1], across[0]])
    points = (right_eye + left_eye) / 2 + _FACE_GRID[:, :1] * across + _FACE_GRID[:, 1:] * down
    inside = (points >= 0) & (points <= [frame_shape[1], frame_shape[0]])
    return 1 - float(inside.all(axis=1).mean())


def _face_grid() -> NDArray[np.float64]:
    """(n, 2) points over a face, from the middle between the eyes, in eye distances."""
    across, down = np.meshgrid(np.linspace(-0.9, 0.9, 13), np.linspace(-0.6, 1.5, 13))
    return np.stack([across.ravel(), down.ravel()], axis=1)


_FACE_GRID = _face_grid()
_BIN_MEAN = np.full(BIN, 1 / BIN**2, np.float32)
# Diagonal neighbours are √2 apart, which doubles the second difference's square.
_APART = np.array([1, 1, 2, 2], np.float32)
