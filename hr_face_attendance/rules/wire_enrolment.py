"""What is held of people: the bodies of enrolments and erasures of device API v1.

Every parser raises `Malformed` with the first offending field. Unknown fields are ignored.
"""

import base64
from dataclasses import dataclass
from datetime import datetime

from .reader import Reader

MAX_ENROLMENTS, MAX_ENROLMENTS_BYTES = 20, 2 * 1024 * 1024
MAX_TEMPLATES = 50
MAX_ERASURES = 500
MAX_VECTOR_BYTES = 4 * 4096
POSES = ("frontal", "left", "right")
MAX_CROP_BYTES = 96 * 1024
JPEG_START, JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
RESOLVERS = ("id", "badge", "email", "external_id")


@dataclass(frozen=True)
class Template:
    """`vector` is float32, little-endian, still unchecked but for its size."""

    uuid: str
    model: str
    vector: bytes
    quality: float
    face_px: int
    captured_at: datetime
    pose: str | None = None
    crop: bytes = b""


@dataclass(frozen=True)
class Enrolment:
    """`by` and `value` say whose it is; None for captures of a `session`, which knows."""

    by: str | None
    value: str | None
    source: str
    replace: bool
    templates: tuple[Template, ...]
    session: str | None = None


def parse_enrolment(document):
    read = Reader(document)
    session = read.uuid("session") if read.has("session") else None
    by = value = None
    if not session:
        who = read.child("employee")
        by, value = who.one_of("by", RESOLVERS), who.text("value", low=1, high=256)
    return Enrolment(
        by=by,
        value=value,
        source=read.one_of("source", ("photo", "camera")),
        replace=not session and read.boolean("replace"),
        templates=tuple(
            _template(item, number)
            for number, item in enumerate(read.objects("templates", low=1, high=MAX_TEMPLATES))
        ),
        session=session,
    )


def _template(document, number):
    read = Reader(document, f"templates.{number}.")
    template = {"uuid": read.uuid("uuid"), "model": read.model("model")}
    vector = base64.b64decode(read.encoded("vector"))
    if not vector or len(vector) % 4 or len(vector) > MAX_VECTOR_BYTES:
        read.fail("vector", "float32 values were expected.")
    return Template(
        **template,
        vector=vector,
        quality=read.number("quality", low=0, high=1),
        face_px=read.integer("face_px", low=0, high=100_000),
        captured_at=read.moment("captured_at"),
        pose=read.one_of("pose", POSES, nullable=True) if read.has("pose") else None,
        crop=_crop(read) if read.has("crop") else b"",
    )


def _crop(read):
    """A small JPEG, by its first and last bytes; nobody but a browser ever decodes it."""
    text = read.encoded("crop", nullable=True)
    crop = base64.b64decode(text) if text else b""
    if crop and not (
        crop[:3] == JPEG_START and crop[-2:] == JPEG_END and len(crop) <= MAX_CROP_BYTES
    ):
        read.fail("crop", f"A JPEG of at most {MAX_CROP_BYTES} bytes was expected.")
    return crop


def parse_erasures(document):
    """The UUIDs of the erasures that a device acknowledges."""
    items = Reader(document).objects("erasures", low=1, high=MAX_ERASURES)
    return [Reader(item, f"erasures.{number}.").uuid("uuid") for number, item in enumerate(items)]
