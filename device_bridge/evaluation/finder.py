"""The face of a photo, however small the photo is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from device_bridge.domain.capture import Face, ImageU8, Points
from device_bridge.domain.quality import luminance, middle
from device_bridge.ports import FaceDetector

SMALL_SIDE_PX = 320
"""A photo with a shorter long side is enlarged to this before a face is looked for."""

MARGIN = 0.25
"""Added on every side, as part of the long side, when a face may fill the whole photo."""

_MIRRORED_ORDER = [1, 0, 2, 4, 3]


@dataclass(frozen=True, slots=True)
class Found:
    """The largest face of a photo.

    Attributes:
        image_bgr: what it was found in: the photo, or its enlarged or framed version.
        face: in pixels of `image_bgr`.
        scale: pixels of `image_bgr` per pixel of the photo.
        others: further faces in the photo at least half as high as this one; smaller
            ones belong to the background.
    """

    image_bgr: ImageU8
    face: Face
    scale: float
    others: int


class FaceFinder:
    """Looks at a photo once, and more carefully if need be.

    Args:
        strict: the detector as the gate uses it.
        lenient: one that accepts fainter faces; asked last, because a photo that was
            put into a person's folder is more likely to show a face than a frame is.
    """

    def __init__(self, strict: FaceDetector, lenient: FaceDetector) -> None:
        self._strict, self._lenient = strict, lenient

    def find(self, photo_bgr: ImageU8) -> Found | None:
        """The face of a (height, width, 3) uint8 photo, or None."""
        scale = max(1.0, SMALL_SIDE_PX / max(photo_bgr.shape[:2]))
        image = _enlarge(photo_bgr, scale)
        faces = self._strict.detect(image)
        if not faces:
            image = _framed(image)
            faces = self._strict.detect(image) or self._lenient.detect(image)
        if not faces:
            return None
        face = self._steadied(image, faces[0]) if scale > 1 else faces[0]
        others = sum(other.height_px * 2 >= face.height_px for other in faces[1:])
        return Found(image, face, scale, others)

    def _steadied(self, image: ImageU8, face: Face) -> Face:
        """Its points averaged with those found in the mirror image.

        On photos enlarged from 92×112 and 64×64 pixels this halves what is missed at
        FPIR 0 (docs/evaluation.md): the detector's points err to one side there.
        """
        mirrored = self._strict.detect(np.ascontiguousarray(image[:, ::-1]))
        if not mirrored:
            return face
        width = image.shape[1]
        points = min(
            (_unmirrored(other.landmarks_px, width) for other in mirrored),
            key=lambda points: float(np.abs(points - face.landmarks_px).max()),
        )
        if np.abs(points - face.landmarks_px).max() > face.height_px / 4:
            return face  # somebody else's
        steady = ((points + face.landmarks_px) / 2).astype(np.float32)
        return replace(face, landmarks_px=steady)


def _unmirrored(points: Points, width: int) -> Points:
    """Points of a mirror image where they are in the image, right and left exchanged."""
    across = width - 1 - points[:, :1]
    turned: Points = np.concatenate([across, points[:, 1:]], axis=1)[_MIRRORED_ORDER]
    return turned


def _enlarge(image: ImageU8, scale: float) -> ImageU8:
    if scale == 1:
        return image
    size: Sequence[int] = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    larger: Any = cv2.resize(image, size, interpolation=cv2.INTER_CUBIC)
    return larger  # type: ignore[no-any-return]


def _framed(image: ImageU8) -> ImageU8:
    """With its edges drawn out, so that a face that fills it has a surrounding."""
    side = round(MARGIN * max(image.shape[:2]))
    framed: Any = cv2.copyMakeBorder(image, side, side, side, side, cv2.BORDER_REPLICATE)
    return framed  # type: ignore[no-any-return]


def well_exposed(chip_rgb: ImageU8) -> ImageU8:
    """A face's chip with its brightness brought to the middle, by a gamma of 0.5 to 2.

    Small grey photos are often far too dark or lit from one side; of the ways tried it is
    the one that helps there and harms nowhere (docs/evaluation.md).
    """
    brightness = float(luminance(middle(chip_rgb)).mean()) / 255
    gamma = np.log(0.5) / np.log(np.clip(brightness, 0.05, 0.95))
    levels = (np.arange(256) / 255) ** np.clip(gamma, 0.5, 2.0) * 255
    lit: ImageU8 = np.rint(levels).astype(np.uint8)[chip_rgb]
    return lit
