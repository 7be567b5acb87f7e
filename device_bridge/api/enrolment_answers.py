"""Bodies of the calls for enrolment, as types."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from device_bridge.api.answers import Box, FaceQuality, box_of, encoded, quality_of
from device_bridge.domain.matching import DEFAULT_THRESHOLD
from device_bridge.domain.pose import Pose
from device_bridge.domain.resemblance import Resemblances
from device_bridge.pipeline.examine import Examined, ExaminedFace, Unfit


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True)


class SimilarPerson(_Body):
    employee: int = Field(description="Database id in Odoo.")
    similarity: float = Field(ge=-1, le=1, description="Cosine, of their closest template.")


class EnrolFace(_Body):
    box: Box | None
    pose: Pose = Field(
        description="Approximate, from five points; left and right are the person's."
    )
    quality: FaceQuality | None = Field(description="None if it cannot be aligned.")
    vector: str | None = Field(
        description="Base64 of float32, little-endian, length one; None if it cannot be aligned."
    )
    crop: str = Field(
        description="Base64 of a JPEG: the face with half of itself around it, at most 480 px."
    )
    similar: list[SimilarPerson] = Field(
        description="People enrolled from 0.02 below the threshold on, at most five, closest"
        " first; whoever is on the photo may be among them."
    )


class EnrolPhoto(_Body):
    unfit: Unfit | None = Field(
        description="Why nobody can be enrolled from it; None: its first face can. For"
        " low_quality the face's defects say what is wrong."
    )
    faces: list[EnrolFace] = Field(description="Largest first, at most ten.")
    found: int = Field(description="How many faces there were.")
    detail: str = Field(description="In words, why it could not be read; empty otherwise.")


class EnrolPhotos(_Body):
    model: str
    dimension: int
    photos: list[EnrolPhoto] = Field(description="In the order of the frames.")


class GroupedTemplate(_Body):
    model_config = ConfigDict(extra="forbid", frozen=True)

    group: str = Field(max_length=64, description="Whose it is; any word of the caller's.")
    vector: str = Field(max_length=65536, description="As /v1/enrol gives it.")


class LookAlikesAsked(_Body):
    model_config = ConfigDict(extra="forbid", frozen=True)

    templates: list[GroupedTemplate] = Field(min_length=1, max_length=4000)
    threshold: float = Field(
        DEFAULT_THRESHOLD, ge=0, le=1, description="From which on a gate takes one for another."
    )


class LookAlikes(_Body):
    own: list[int] = Field(
        description="For each template, how many others of its group reach the threshold."
    )
    pairs: list[tuple[int, int, float]] = Field(
        description="Indices and similarity of templates of different groups from 0.02 below"
        " the threshold on; each pair once."
    )
    complete: bool = Field(description="false: there were more pairs, which are left out.")


def enrol_photos(photos: Sequence[Examined], model: str, dimension: int) -> EnrolPhotos:
    return EnrolPhotos(
        model=model,
        dimension=dimension,
        photos=[
            EnrolPhoto(
                unfit=one.unfit,
                faces=[_face(face) for face in one.faces],
                found=one.found,
                detail=one.detail,
            )
            for one in photos
        ],
    )


def look_alikes(found: Resemblances) -> LookAlikes:
    return LookAlikes(
        own=list(found.own),
        pairs=[(one, other, round(similarity, 4)) for one, other, similarity in found.pairs],
        complete=found.complete,
    )


def _face(one: ExaminedFace) -> EnrolFace:
    return EnrolFace(
        box=box_of(one.face),
        pose=one.pose,
        quality=quality_of(one.quality),
        vector=encoded(one.vector),
        crop=base64.b64encode(one.crop_jpeg).decode(),
        similar=[
            SimilarPerson(employee=who.employee, similarity=round(who.similarity, 4))
            for who in one.similar
        ],
    )
