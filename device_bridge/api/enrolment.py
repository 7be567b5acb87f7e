"""The calls for enrolment: photos examined, templates compared. Programs only; nothing is kept.

They have a thread of their own, so that an import of thousands never keeps a kiosk waiting.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

import numpy as np
from fastapi import Request
from pydantic import ValidationError

from device_bridge.api.bodies import JSON, Limits, read_body, read_photos
from device_bridge.api.enrolment_answers import (
    EnrolPhotos,
    LookAlikes,
    LookAlikesAsked,
    enrol_photos,
    look_alikes,
)
from device_bridge.api.errors import Malformed, WrongType
from device_bridge.api.tokens import Tokens
from device_bridge.api.workers import Workers
from device_bridge.domain.access import Scope
from device_bridge.domain.capture import ImageU8
from device_bridge.domain.matching import check_unit_rows
from device_bridge.domain.resemblance import among
from device_bridge.domain.template import Vectors
from device_bridge.errors import ImageUnreadable, ModelMismatch
from device_bridge.pipeline.examine import Examined, Examiner, Unfit

MOST_PHOTOS = 20
"""In one call, so that it is answered before its caller gives up."""


class EnrolmentCalls:
    """One method per call.

    Args:
        decode: photos are larger than a camera's frames, so their bound is the reader's own.
        workers: of these calls alone.
    """

    def __init__(
        self,
        examiner: Examiner,
        tokens: Tokens,
        workers: Workers,
        limits: Limits,
        decode: Callable[[bytes], ImageU8],
        model: str,
        dimension: int,
    ) -> None:
        self._examiner, self._tokens, self._workers = examiner, tokens, workers
        self._limits, self._decode = limits, decode
        self._model, self._dimension = model, dimension

    async def enrol(self, request: Request) -> EnrolPhotos:
        """What photos are good for: faces, quality by the bounds of enrolment, templates, crops,
        and whom they resemble. A photo that cannot be read is said so and stops no other."""
        self._tokens.grant(request.headers.get("authorization"), Scope.ENROL)
        sent, threshold = await read_photos(request, self._limits, MOST_PHOTOS)

        def work() -> EnrolPhotos:
            photos = [self._examine(photo, threshold) for photo in sent]
            return enrol_photos(photos, self._model, self._dimension)

        return await self._workers.run(work)

    async def look_alikes(self, request: Request) -> LookAlikes:
        """Which templates of different people are too close to tell apart."""
        self._tokens.grant(request.headers.get("authorization"), Scope.ENROL)
        if request.headers.get("content-type", "").partition(";")[0] != JSON:
            raise WrongType(f"{JSON} is accepted.", field="content-type")
        body = await read_body(request, self._limits)

        def work() -> LookAlikes:
            asked = _asked(body)
            groups = [one.group for one in asked.templates]
            return look_alikes(among(self._vectors(asked), groups, asked.threshold))

        return await self._workers.run(work)

    def _examine(self, photo: bytes, threshold: float) -> Examined:
        try:
            image = self._decode(photo)
        except ImageUnreadable as error:
            return Examined(Unfit.UNREADABLE, detail=str(error))
        return self._examiner.examine(image, threshold)

    def _vectors(self, asked: LookAlikesAsked) -> Vectors:
        try:
            raw = [base64.b64decode(one.vector, validate=True) for one in asked.templates]
            rows = [np.frombuffer(one, "<f4").astype(np.float32) for one in raw]
            return check_unit_rows(np.stack(rows), self._dimension)
        except (binascii.Error, ValueError, ModelMismatch) as error:
            raise Malformed("templates", "Templates of this service's model expected.") from error


def _asked(body: bytes) -> LookAlikesAsked:
    try:
        return LookAlikesAsked.model_validate_json(body)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise Malformed(where[:64] or None, "Templates with their groups were expected.") from error
