"""Examine photos for enrolment: which faces there are, whether one is fit, whom it resembles.

Writes nothing. Safe to use from several threads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from device_bridge.domain.capture import Face, ImageU8, is_bystander
from device_bridge.domain.matching import DEFAULT_THRESHOLD
from device_bridge.domain.pose import Pose, pose_of
from device_bridge.domain.quality import Quality
from device_bridge.domain.resemblance import LOOK_ALIKE_BELOW, Similar
from device_bridge.domain.template import Vectors
from device_bridge.pipeline.read import Reading
from device_bridge.ports import People

MOST_FACES = 10
"""A photo for enrolment shows one; of a crowd the largest are told."""

MOST_SIMILAR = 5
_MARGIN = 0.5
CROP_PX = 480
"""Longest side of the picture of a face that is kept for whoever reviews."""


class Unfit(StrEnum):
    """Why nobody can be enrolled from a photo."""

    UNREADABLE = "unreadable"
    NO_FACE = "no_face"
    MULTIPLE_FACES = "multiple_faces"
    LOW_QUALITY = "low_quality"


@dataclass(frozen=True, slots=True)
class ExaminedFace:
    """One face of a photo.

    Attributes:
        quality, vector: None for a face that cannot be aligned; judged as for enrolment.
        crop_jpeg: the face with half of itself around it, at most 480 px a side; enough to
            make a template of again.
        similar: people enrolled who at least look alike, closest first.
    """

    face: Face
    pose: Pose
    quality: Quality | None
    vector: Vectors | None
    crop_jpeg: bytes
    similar: tuple[Similar, ...]


@dataclass(frozen=True, slots=True)
class Examined:
    """A photo. `unfit` is None if its first face can be enrolled.

    Attributes:
        faces: largest first, at most MOST_FACES.
        found: how many there were.
        detail: in words, why it could not be read; empty otherwise.
    """

    unfit: Unfit | None
    faces: tuple[ExaminedFace, ...] = ()
    found: int = 0
    detail: str = ""


class Examiner:
    """Examines photos.

    Args:
        read: every face of a picture with its template, largest first, judged for enrolment.
        shrink: a picture and its longest side in pixels to JPEG bytes.
    """

    def __init__(
        self,
        read: Callable[[ImageU8], list[Reading]],
        people: People,
        shrink: Callable[[ImageU8, int], bytes],
    ) -> None:
        self._read, self._people, self._shrink = read, people, shrink

    def examine(self, image_bgr: ImageU8, threshold: float = DEFAULT_THRESHOLD) -> Examined:
        """What a photo is good for.

        Args:
            threshold: similarity from which on a gate takes one for the other.
        """
        readings = self._read(image_bgr)
        least = threshold - LOOK_ALIKE_BELOW
        faces = tuple(self._face(image_bgr, one, least) for one in readings[:MOST_FACES])
        return Examined(_unfit(readings), faces, len(readings))

    def _face(self, image: ImageU8, reading: Reading, least: float) -> ExaminedFace:
        vector = reading.vector
        return ExaminedFace(
            reading.face,
            pose_of(reading.face.landmarks_px),
            reading.quality,
            vector,
            self._shrink(around(image, reading.face), CROP_PX),
            () if vector is None else self._people.similar(vector, least, MOST_SIMILAR),
        )


def _unfit(readings: list[Reading]) -> Unfit | None:
    if not readings:
        return Unfit.NO_FACE
    main = readings[0]
    if any(not is_bystander(main.face, other.face) for other in readings[1:]):
        return Unfit.MULTIPLE_FACES
    fit = main.quality is not None and main.quality.usable
    return None if fit else Unfit.LOW_QUALITY


def around(image: ImageU8, face: Face) -> ImageU8:
    """The face with a margin, as far as the picture goes."""
    x, y, width, height = face.box_px
    top, left = max(0, int(y - _MARGIN * height)), max(0, int(x - _MARGIN * width))
    bottom, right = int(y + height * (1 + _MARGIN)), int(x + width * (1 + _MARGIN))
    return image[top : max(bottom, top + 1), left : max(right, left + 1)]
