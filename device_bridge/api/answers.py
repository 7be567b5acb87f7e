"""The service's answers, as types: what the OpenAPI page says is read off these."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from device_bridge.domain.capture import Face
from device_bridge.domain.challenge import Failure, Progress, State, Step
from device_bridge.domain.event import Outcome
from device_bridge.domain.guidance import REMEDIES, Guidance
from device_bridge.domain.liveness import PadVerdict
from device_bridge.domain.quality import ENROL, MATCH, Defect, Quality
from device_bridge.domain.template import Vectors
from device_bridge.pipeline.read import Reading
from device_bridge.pipeline.recognise import Identification


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class ErrorDetail(_Answer):
    code: str
    message: str
    field: str | None


class Error(_Answer):
    """What every refused call answers."""

    error: ErrorDetail


class Health(_Answer):
    """Told to anybody, so it tells nothing else."""

    status: Literal["ok", "offline", "starting"] = Field(
        description="offline: Odoo has been silent for a while; the service works on and"
        " delivers later. starting: nothing has been synced yet; answered with 503."
    )


class Models(_Answer):
    """What makes the templates."""

    model: str = Field(description="Network, alignment and version; only like is compared.")
    dimension: int


class Bounds(_Answer):
    """Where a measure turns into a defect: domain/quality.Thresholds."""

    min_face_px: float = Field(description="Height of the face's box.")
    max_face_part: float = Field(description="That height over the picture's.")
    min_sharpness: float
    min_brightness: float = Field(description="Mean grey level of the face, 0–255.")
    max_burnt_part: float = Field(description="Share of the face that is white.")
    max_roll_deg: float
    max_nose_offset: float = Field(description="0 is frontal, 0.2 some 30 degrees.")
    max_cut_part: float = Field(description="Share of the face outside the picture.")


class Remedy(_Answer):
    defect: Defect
    guidance: Guidance


class GoodPicture(_Answer):
    """What a page needs to choose good frames itself, by the same table as the service."""

    match: Bounds = Field(description="To be identified at the token's gate.")
    enrol: Bounds
    remedies: list[Remedy] = Field(description="What to say of a defect, most important first.")


class Box(_Answer):
    """In pixels of the picture as it is meant to be seen; may reach outside of it."""

    x: int
    y: int
    width: int
    height: int


class FaceQuality(_Answer):
    score: float = Field(ge=0, le=1, description="0.5 is where a face stops being usable.")
    defects: list[Defect]


class Person(_Answer):
    employee: int = Field(description="Database id in Odoo.")
    display_name: str | None = Field(description="None once they are not enrolled any more.")


class ChallengeIssued(_Answer):
    challenge: str = Field(description="Opaque; send it back with the frames that answer it.")
    steps: list[Step] = Field(description="To be done in this order.")
    deadline_s: float = Field(description="From the first frame to the last.")
    expires_at: str


class ChallengeJudged(_Answer):
    state: State
    steps_done: int
    failure: Failure | None


class Identified(_Answer):
    """What the kiosk's screen shows: nobody learns whom a stranger looks like."""

    outcome: Outcome | None = Field(
        description="None: undecided, because the gate's attack detection needs what `needs`"
        " says. Try again with the same encounter."
    )
    needs: Literal["challenge", "frames"] | None
    person: Person | None
    similarity: float | None = Field(ge=-1, le=1, description="Cosine; only with a person.")
    pad: PadVerdict
    quality: FaceQuality | None
    box: Box | None
    guidance: Guidance | None = Field(description="What to tell the person now.")
    challenge: ChallengeJudged | None = Field(description="How far it has come, if one was sent.")
    event: str | None = Field(description="UUID of the event; it is durable already.")
    captured_at: str | None = Field(description="Time of the event.")


class Verified(_Answer):
    same: bool | None = Field(description="None: there was no fit face to compare; see guidance.")
    similarity: float | None = Field(ge=-1, le=1, description="Cosine, of the closest template.")
    threshold: float
    quality: FaceQuality | None
    box: Box | None
    guidance: Guidance | None


class Embedded(_Answer):
    box: Box
    quality: FaceQuality | None = Field(description="Judged as for enrolment.")
    vector: str | None = Field(
        description="Base64 of float32, little-endian, length one; None if it cannot be aligned."
    )


class Embeddings(_Answer):
    model: str
    dimension: int
    faces: list[Embedded] = Field(description="Largest first.")


def good_picture(least_px: float) -> GoodPicture:
    """The table, for a gate that names faces from `least_px` on."""
    match = replace(MATCH, min_face_px=max(MATCH.min_face_px, least_px))
    return GoodPicture(
        match=Bounds(**asdict(match)),
        enrol=Bounds(**asdict(ENROL)),
        remedies=[Remedy(defect=defect, guidance=say) for defect, say in REMEDIES.items()],
    )


def identified(found: Identification, needs: Literal["challenge", "frames"] | None) -> Identified:
    person = (
        None
        if found.employee is None
        else Person(employee=found.employee, display_name=found.display_name)
    )
    return Identified(
        outcome=found.outcome,
        needs=needs,
        person=person,
        similarity=found.similarity,
        pad=found.pad,
        quality=quality_of(found.quality),
        box=box_of(found.face),
        guidance=found.guidance,
        challenge=_judged(found.progress),
        event=found.event,
        captured_at=found.captured_at,
    )


def _judged(progress: Progress | None) -> ChallengeJudged | None:
    if progress is None:
        return None
    return ChallengeJudged(
        state=progress.state, steps_done=progress.steps_done, failure=progress.failure
    )


def embeddings(readings: Sequence[Reading], model: str, dimension: int) -> Embeddings:
    return Embeddings(
        model=model,
        dimension=dimension,
        faces=[
            Embedded(
                box=_box(one.face), quality=quality_of(one.quality), vector=encoded(one.vector)
            )
            for one in readings
        ],
    )


def quality_of(quality: Quality | None) -> FaceQuality | None:
    if quality is None:
        return None
    return FaceQuality(score=round(quality.score, 4), defects=list(quality.defects))


def box_of(face: Face | None) -> Box | None:
    return None if face is None else _box(face)


def _box(face: Face) -> Box:
    x, y, width, height = (round(value) for value in face.box_px)
    return Box(x=x, y=y, width=width, height=height)


def encoded(vector: Vectors | None) -> str | None:
    if vector is None:
        return None
    return base64.b64encode(vector.astype(np.dtype("<f4")).tobytes()).decode()
