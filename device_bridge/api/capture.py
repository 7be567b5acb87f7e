"""The call of a browser at an enrolment: one picture, handed over to Odoo as its template."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from device_bridge.api.answers import Box, FaceQuality, box_of, quality_of
from device_bridge.api.bodies import Limits, read_pictures
from device_bridge.api.errors import Malformed, NotAllowed, PictureRefused, Unavailable
from device_bridge.api.tokens import Tokens
from device_bridge.api.workers import Workers
from device_bridge.domain.access import Scope
from device_bridge.domain.capture import ImageU8
from device_bridge.domain.guidance import Guidance, guidance
from device_bridge.domain.pose import Pose
from device_bridge.errors import ImageUnreadable, Refused, ServerUnreachable
from device_bridge.pipeline.capture import Captured, Capturer
from device_bridge.pipeline.examine import Unfit


class CaptureTaken(BaseModel):
    """What became of the picture. No vector, and nobody whom it resembles."""

    model_config = ConfigDict(frozen=True)

    kept: bool
    uuid: str | None = Field(description="Of the capture in Odoo.")
    unfit: Unfit | None
    pose: Pose | None = Field(description="Approximate; left and right are the person's.")
    quality: FaceQuality | None
    box: Box | None
    guidance: Guidance | None = Field(description="What to tell the person.")
    total: int | None = Field(description="How many captures the enrolment has now.")


class CaptureCalls:
    """Has threads of its own: a slow Odoo keeps no kiosk waiting."""

    def __init__(
        self,
        capturer: Capturer,
        tokens: Tokens,
        workers: Workers,
        limits: Limits,
        decode: Callable[[bytes], ImageU8],
    ) -> None:
        self._capturer, self._tokens, self._workers = capturer, tokens, workers
        self._limits, self._decode = limits, decode

    async def capture(self, request: Request) -> CaptureTaken:
        """One picture of somebody who is being enrolled. If it is fit, its template and the
        face cut out of it go to Odoo, for the enrolment that the token names."""
        grant = self._tokens.grant(request.headers.get("authorization"), Scope.CAPTURE)
        session = grant.enrolment
        if session is None:
            raise NotAllowed("This token is for no enrolment.", field="enrolment")
        sent = await read_pictures(request, self._limits)
        name = sent.uuid("capture")
        if name is None or set(sent.fields) != {"capture"} or sent.reference:
            raise Malformed("capture", "A picture and its UUID were expected, and nothing else.")
        if len(sent.frames) != 1:
            raise Malformed("frame", "One picture was expected.")

        def work() -> CaptureTaken:
            return _taken(self._capturer.capture(self._image(sent.frames[0]), session, name))

        try:
            return await self._workers.run(work)
        except ServerUnreachable as error:
            raise Unavailable(
                "Odoo does not answer; the picture was not taken. Send it again.",
                code="odoo_unreachable",
                retry_after_s=2,
            ) from error
        except Refused as error:
            raise NotAllowed(str(error), code=error.code, field="enrolment") from error

    def _image(self, data: bytes) -> ImageU8:
        try:
            return self._decode(data)
        except ImageUnreadable as error:
            raise PictureRefused(str(error), field="frame") from error


def _taken(one: Captured) -> CaptureTaken:
    face = one.face
    defects = face.quality.defects if face and face.quality else ()
    people = 2 if one.unfit is Unfit.MULTIPLE_FACES else min(one.found, 1)
    return CaptureTaken(
        kept=one.kept,
        uuid=one.uuid,
        unfit=one.unfit,
        pose=face.pose if face else None,
        quality=quality_of(face.quality) if face else None,
        box=box_of(face.face) if face else None,
        guidance=guidance(defects, faces=people),
        total=one.total,
    )
