"""What callers send: a picture as the body, or a form with several and a few fields.

Everything is bounded before it is read, and nothing is ever written to a disk.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from typing import IO
from uuid import UUID

from starlette.requests import ClientDisconnect, Request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import HTTPException
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from device_bridge.api.errors import BodyTooLarge, Malformed, TooSlow, WrongType
from device_bridge.domain.matching import DEFAULT_THRESHOLD

PICTURES = ("image/jpeg", "image/png", "image/webp")
FORM = "multipart/form-data"
JSON = "application/json"
_MOST_FIELD_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one request.

    Attributes:
        pixels: of one picture, as its header declares them.
    """

    body_bytes: int
    frames: int
    pixels: int
    body_timeout_s: float


@dataclass(frozen=True, slots=True)
class Pictures:
    """A request's pictures, still encoded, and its fields."""

    frames: tuple[bytes, ...]
    reference: bytes | None
    fields: dict[str, str]

    def uuid(self, name: str) -> str | None:
        """A field in the form that RFC 9562 prints. Raises Malformed for another."""
        text = self.fields.get(name)
        if text is None:
            return None
        try:
            if str(UUID(text)) == text:
                return text
        except ValueError:
            pass
        raise Malformed(name, "A lower-case UUID was expected.")

    def flag(self, name: str, *, default: bool) -> bool:
        text = self.fields.get(name)
        if text not in {None, "true", "false"}:
            raise Malformed(name, "true or false was expected.")
        return default if text is None else text == "true"

    def identifier(self, name: str) -> int | None:
        text = self.fields.get(name)
        if text is None:
            return None
        if not text.isascii() or not text.isdigit() or not 0 < len(text) <= 10 or int(text) < 1:
            raise Malformed(name, "The database id of a record was expected.")
        return int(text)

    def seconds(self, name: str) -> list[float]:
        """Milliseconds, one per frame, rising; zeros where the field is not given."""
        text = self.fields.get(name)
        if text is None:
            return [0.0] * len(self.frames)
        try:
            values = [float(part) / 1000 for part in text.split(",")]
        except ValueError:
            values = []
        if len(values) != len(self.frames) or not all(math.isfinite(one) for one in values):
            raise Malformed(name, "Milliseconds were expected, one number per frame.")
        if any(later < earlier for earlier, later in pairwise(values)):
            raise Malformed(name, "The frames were expected oldest first.")
        return values


def threshold_of(sent: Pictures) -> float:
    """The field `threshold`, or a gate's own. Raises Malformed for none."""
    text = sent.fields.get("threshold", str(DEFAULT_THRESHOLD))
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise Malformed("threshold", "A similarity from 0 to 1 was expected.")
    return value


async def read_pictures(request: Request, limits: Limits) -> Pictures:
    """The request's pictures and fields.

    Raises:
        WrongType: neither a picture nor a form.
        BodyTooLarge, TooSlow: it is too much, or takes too long to come.
        Malformed: no picture in it, too many, or a form that cannot be read.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != FORM and kind not in PICTURES:
        raise WrongType(f"{FORM}, {', '.join(PICTURES)} are accepted.", field="content-type")
    body = await read_body(request, limits)
    if kind == FORM:
        return _read_form(body, options, limits)
    if not body:
        raise Malformed("frame", "The body is empty; a picture was expected.")
    return Pictures((body,), None, dict(request.query_params))


async def read_photos(
    request: Request, limits: Limits, most: int
) -> tuple[tuple[bytes, ...], float]:
    """Photos and a similarity for them to be compared by, and nothing else.

    Raises as `read_pictures`; Malformed for more than `most`, too.
    """
    sent = await read_pictures(request, limits)
    if sent.reference or set(sent.fields) - {"threshold"}:
        raise Malformed("frame", "Pictures and a threshold are expected here.")
    threshold = threshold_of(sent)
    if len(sent.frames) > most:
        raise Malformed("frame", f"1 to {most} pictures were expected.")
    return sent.frames, threshold


async def read_body(request: Request, limits: Limits) -> bytes:
    """All of it. Raises BodyTooLarge, TooSlow, or Malformed if it ends too early."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or len(declared) > 12 or int(declared) > limits.body_bytes:
        raise _too_large(limits)
    parts, size = [], 0
    try:
        async with asyncio.timeout(limits.body_timeout_s):
            async for part in request.stream():
                size += len(part)
                if size > limits.body_bytes:
                    raise _too_large(limits)
                parts.append(part)
    except TimeoutError as error:
        raise TooSlow("The body took too long to arrive.") from error
    except ClientDisconnect as error:
        raise Malformed(None, "The body ended too early.") from error
    return b"".join(parts)


def _read_form(body: bytes, options: dict[str, str], limits: Limits) -> Pictures:
    parser = FormDataParser(
        stream_factory=_in_memory,
        max_form_memory_size=_MOST_FIELD_BYTES,
        max_content_length=limits.body_bytes,
        max_form_parts=limits.frames + 16,
        silent=False,
    )
    try:
        _, fields, files = parser.parse(BytesIO(body), FORM, len(body), options)
    except (ValueError, HTTPException) as error:
        raise Malformed(None, "The form cannot be read, or has too many parts.") from error
    unknown = set(files) - {"frame", "reference"}
    if unknown:
        raise Malformed(sorted(unknown)[0][:64], "There is no such part; send `frame`.")
    frames = _contents(files.getlist("frame"), "frame")
    references = _contents(files.getlist("reference"), "reference")
    if not 1 <= len(frames) <= limits.frames:
        raise Malformed("frame", f"1 to {limits.frames} pictures were expected.")
    if len(references) > 1:
        raise Malformed("reference", "One picture was expected.")
    values = dict(request_fields(fields.items(multi=True)))
    return Pictures(tuple(frames), references[0] if references else None, values)


def request_fields(pairs: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """The fields of a form, each at most once. Raises Malformed for one that comes twice."""
    seen: set[str] = set()
    for name, value in pairs:
        if name in seen:
            raise Malformed(name[:64], "This field was expected once.")
        seen.add(name)
        yield name, value


def _contents(files: Iterable[FileStorage], name: str) -> list[bytes]:
    contents = [file.stream.read() for file in files]
    if not all(contents):
        raise Malformed(name, "A picture is empty.")
    return contents


def _in_memory(*_about: object, **_more: object) -> IO[bytes]:
    """Faces are never written to a disk, not even for a moment."""
    return BytesIO()


def _too_large(limits: Limits) -> BodyTooLarge:
    return BodyTooLarge(f"At most {limits.body_bytes} bytes are accepted.")
