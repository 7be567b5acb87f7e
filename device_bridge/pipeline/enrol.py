"""Enrol: from pictures of one person to templates that Odoo keeps."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device_bridge.domain.capture import ImageU8, is_bystander
from device_bridge.domain.event import utc_text
from device_bridge.domain.pose import Pose, pose_of
from device_bridge.domain.quality import ENROL, Thresholds, assess
from device_bridge.errors import FaceNotUsable, SettingsError
from device_bridge.pipeline.examine import CROP_PX, around
from device_bridge.ports import Clock, FaceDetector, FaceEmbedder, Server

_SAME_ENROLMENT = uuid.UUID("5b3f0c52-8a8e-4a5f-9f39-6d3f6d3c2a10")


@dataclass(frozen=True, slots=True)
class Reference:
    """An aligned face fit to enrol.

    Attributes:
        chip_rgb: as the embedder wants it.
        quality: 0–1.
        crop_jpeg: the face with what is around it, for whoever reviews it in Odoo.
    """

    chip_rgb: ImageU8
    quality: float
    face_px: int
    pose: Pose
    crop_jpeg: bytes


class Enroller:
    """Makes references of pictures and sends their templates.

    Args:
        shrink: a picture and its longest side in pixels to JPEG bytes.
    """

    def __init__(
        self,
        detector: FaceDetector,
        embedder: FaceEmbedder,
        server: Server,
        clock: Clock,
        shrink: Callable[[ImageU8, int], bytes],
    ) -> None:
        self._detector, self._embedder = detector, embedder
        self._server, self._clock, self._shrink = server, clock, shrink

    def reference(self, image_bgr: ImageU8, thresholds: Thresholds = ENROL) -> Reference:
        """The one face of a picture. Raises FaceNotUsable, naming what is wrong with it."""
        faces = self._detector.detect(image_bgr)
        if not faces:
            raise FaceNotUsable("no face was found")
        if len(faces) > 1 and not is_bystander(faces[0], faces[1]):
            raise FaceNotUsable("there is more than one face")
        chip = self._embedder.align(image_bgr, faces[0])
        quality = assess(faces[0], chip, image_bgr.shape, thresholds)
        if quality.defects:
            raise FaceNotUsable(
                ", ".join(str(defect).replace("_", " ") for defect in quality.defects)
            )
        crop = self._shrink(around(image_bgr, faces[0]), CROP_PX)
        pose = pose_of(faces[0].landmarks_px)
        return Reference(chip, quality.score, round(faces[0].height_px), pose, crop)

    def send(
        self,
        by: str,
        value: str,
        references: Sequence[Reference],
        *,
        source: str,
        replace: bool,
    ) -> dict[str, Any]:
        """Odoo's word on one person's templates (wire/enrolments_result.v1).

        Sending the same pictures again is the same enrolment: a template's UUID comes
        from its vector, so a retry after a lost answer adds nothing.
        """
        captured_at = utc_text(self._clock.now())
        vectors = self._embedder.embed([one.chip_rgb for one in references])
        templates = [
            {
                "uuid": str(uuid.uuid5(_SAME_ENROLMENT, f"{by}:{value}:{raw.hex()}")),
                "model": self._embedder.model,
                "vector": base64.b64encode(raw).decode(),
                "quality": round(reference.quality, 4),
                "face_px": reference.face_px,
                "captured_at": captured_at,
                "pose": str(reference.pose),
                "crop": base64.b64encode(reference.crop_jpeg).decode(),
            }
            for reference, raw in zip(references, _raw(vectors), strict=True)
        ]
        enrolment = {
            "employee": {"by": by, "value": value},
            "source": source,
            "replace": replace,
            "templates": templates,
        }
        return self._server.enrolments([enrolment])[0]


def group_photos(
    photos: Sequence[Path], *, badge: str, email: str, named_by: str
) -> list[tuple[str, str, list[Path]]]:
    """(by, value, photos) per person. Raises SettingsError unless told exactly one way."""
    if sum(map(bool, (badge, email, named_by))) != 1 or named_by not in {"", "badge", "email"}:
        raise SettingsError("Say whose photos these are: --badge, --email, or --named-by badge.")
    if not named_by:
        return [("badge" if badge else "email", badge or email, list(photos))]
    people: dict[str, list[Path]] = {}
    for photo in photos:
        people.setdefault(photo.stem, []).append(photo)
    return [(named_by, value, own) for value, own in people.items()]


def _raw(vectors: Iterable[Any]) -> list[bytes]:
    return [vector.astype("<f4").tobytes() for vector in vectors]
