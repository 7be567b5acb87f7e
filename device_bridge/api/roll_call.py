"""The call for a roll call: who is on photos of many people. Programs only; nothing is kept."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from device_bridge.api.answers import Box, FaceQuality, Person, box_of, quality_of
from device_bridge.api.bodies import Limits, read_photos
from device_bridge.api.enrolment_answers import SimilarPerson
from device_bridge.api.tokens import Tokens
from device_bridge.api.workers import Workers
from device_bridge.domain.access import Scope
from device_bridge.domain.capture import ImageU8
from device_bridge.domain.event import Outcome
from device_bridge.errors import ImageUnreadable
from device_bridge.pipeline.roll_call import RollCaller, SeenFace

MOST_PHOTOS = 6


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True)


class RollCallFace(_Body):
    box: Box | None
    outcome: Outcome = Field(
        description="identified, no_candidate (a stranger), ambiguous (between two people), or"
        " low_quality (too small, turned away …)."
    )
    person: Person | None = Field(description="Only if identified.")
    similarity: float | None = Field(ge=-1, le=1, description="Cosine; only with a person.")
    quality: FaceQuality | None = Field(description="By the bounds of a gate.")
    similar: list[SimilarPerson] = Field(
        description="People who at least look alike, at most three, closest first: whom a"
        " reviewer may mean."
    )


class RollCallPhoto(_Body):
    width: int = Field(description="Of the picture in which the boxes are; 0 if unreadable.")
    height: int
    faces: list[RollCallFace] = Field(description="Largest first, at most 200.")
    detail: str = Field(description="In words, why it could not be read; empty otherwise.")


class RollCallTaken(_Body):
    model: str
    photos: list[RollCallPhoto] = Field(description="In the order of the frames.")


class RollCallCalls:
    """One method per call.

    Args:
        workers: shared with enrolment, so that kiosks keep their threads.
        decode: photos are larger than a camera's frames, so their bound is the reader's own.
    """

    def __init__(
        self,
        caller: RollCaller,
        tokens: Tokens,
        workers: Workers,
        limits: Limits,
        decode: Callable[[bytes], ImageU8],
        model: str,
    ) -> None:
        self._caller, self._tokens, self._workers = caller, tokens, workers
        self._limits, self._decode, self._model = limits, decode, model

    async def roll_call(self, request: Request) -> RollCallTaken:
        """Every face on each photo, with the name of whoever is enrolled. Nothing is written:
        the caller decides who was present. A photo that cannot be read stops no other."""
        self._tokens.grant(request.headers.get("authorization"), Scope.ROLLCALL)
        sent, threshold = await read_photos(request, self._limits, MOST_PHOTOS)

        def work() -> RollCallTaken:
            photos = [self._photo(photo, threshold) for photo in sent]
            return RollCallTaken(model=self._model, photos=photos)

        return await self._workers.run(work)

    def _photo(self, photo: bytes, threshold: float) -> RollCallPhoto:
        try:
            image = self._decode(photo)
        except ImageUnreadable as error:
            return RollCallPhoto(width=0, height=0, faces=[], detail=str(error))
        height, width = image.shape[:2]
        faces = [_face(one) for one in self._caller.look(image, threshold)]
        return RollCallPhoto(width=width, height=height, faces=faces, detail="")


def _face(seen: SeenFace) -> RollCallFace:
    who, person, similarity = seen.candidate, None, None
    if who is not None:
        person = Person(employee=who.person.employee, display_name=who.person.display_name)
        similarity = round(who.similarity, 4)
    return RollCallFace(
        box=box_of(seen.face),
        outcome=seen.outcome,
        person=person,
        similarity=similarity,
        quality=quality_of(seen.quality),
        similar=[
            SimilarPerson(employee=one.employee, similarity=round(one.similarity, 4))
            for one in seen.similar
        ],
    )
