"""Hand the pictures of somebody who is being enrolled over to Odoo: one, as its template.

Nothing is kept here. What the browser is told names nobody and holds no vector.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from device_bridge.domain.capture import ImageU8
from device_bridge.domain.event import utc_text
from device_bridge.domain.matching import DEFAULT_THRESHOLD
from device_bridge.domain.quality import ENROL
from device_bridge.errors import Refused
from device_bridge.pipeline.examine import Examined, ExaminedFace, Examiner, Unfit
from device_bridge.ports import Clock, Server

TURNED = replace(ENROL, max_nose_offset=0.35)
"""Enrolment's bounds for somebody who was asked to turn their head: some 50 degrees. A gate
takes 0.25, and a template a little beyond is what a face at that edge comes closest to."""

_SAME_CAPTURE = uuid.UUID("c0a5e0b4-1f0e-4f57-9d6b-7a1d52c3b6e8")


@dataclass(frozen=True, slots=True)
class Captured:
    """What became of one picture.

    Attributes:
        kept: Odoo has its template now.
        uuid: of the capture in Odoo; None unless kept.
        unfit: why it was not used; its first face says more.
        total: how many captures the enrolment has now; None unless kept.
    """

    kept: bool
    uuid: str | None
    unfit: Unfit | None
    face: ExaminedFace | None
    found: int
    total: int | None


class Capturer:
    """Safe to use from several threads.

    Args:
        server: this thread's line to Odoo.
        model: of the templates.
    """

    def __init__(
        self, examiner: Examiner, server: Callable[[], Server], clock: Clock, model: str
    ) -> None:
        self._examiner, self._server, self._clock, self._model = examiner, server, clock, model

    def capture(self, image_bgr: ImageU8, session: str, name: str) -> Captured:
        """Examine a picture, and hand it over if it is fit.

        Args:
            session: UUID of the enrolment in Odoo.
            name: UUID that the browser made for this picture; sent again, it is the same.

        Raises:
            ServerUnreachable: Odoo has not answered; nothing is lost, ask again.
            Refused: Odoo takes no pictures for this enrolment (any more); its code says why.
        """
        examined = self._examiner.examine(image_bgr, DEFAULT_THRESHOLD)
        face = examined.faces[0] if examined.faces else None
        if examined.unfit is not None or face is None:
            return _unfit(examined, face)
        own = str(uuid.uuid5(_SAME_CAPTURE, f"{session}:{name}"))
        document = {"session": session, "source": "camera"}
        template = self._template(face, own)
        result = self._server().enrolments([{**document, "templates": [template]}])[0]
        if result["status"] == "rejected":
            raise Refused(result["reason"], "Odoo takes no picture for this enrolment.")
        return Captured(True, own, None, face, examined.found, result["templates"])

    def _template(self, face: ExaminedFace, name: str) -> dict[str, Any]:
        """As in wire/enrolments.v1."""
        if face.vector is None or face.quality is None:
            raise ValueError("a face without a template is not fit")
        return {
            "uuid": name,
            "model": self._model,
            "vector": base64.b64encode(face.vector.astype(np.dtype("<f4")).tobytes()).decode(),
            "quality": round(float(face.quality.score), 4),
            "face_px": round(face.face.height_px),
            "captured_at": utc_text(self._clock.now()),
            "pose": str(face.pose),
            "crop": base64.b64encode(face.crop_jpeg).decode(),
        }


def _unfit(examined: Examined, face: ExaminedFace | None) -> Captured:
    return Captured(False, None, examined.unfit, face, examined.found, None)
