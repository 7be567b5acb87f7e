"""Bodies of the roll call (wire/roll_call.v1): photos of a group, and of whom they are."""

import base64
import re
from dataclasses import dataclass
from datetime import date, datetime

from .reader import Reader
from .roll_call import MOST_PHOTO_BYTES, MOST_PHOTOS, kind_of

MAX_ROLL_CALL_BYTES = 32 * 1024 * 1024
"""All photos together, in base64."""
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MAX_TEXT = 4 * (MOST_PHOTO_BYTES // 3 + 1)


@dataclass(frozen=True)
class RollCallAsked:
    """`taken_at`, or a `date`, or neither: then it is the session's time, or now."""

    uuid: str
    photos: tuple[bytes, ...]
    session: int | None = None
    department: int | None = None
    taken_at: datetime | None = None
    on: date | None = None


def parse_roll_call(document):
    """Raises Malformed."""
    read = Reader(document)
    uuid = read.uuid("uuid")
    photos = tuple(
        _photo(read, number, text)
        for number, text in enumerate(read.objects("photos", low=1, high=MOST_PHOTOS))
    )
    given = {name: read.identifier(name) for name in ("session", "department") if read.has(name)}
    taken_at = read.moment("taken_at") if read.has("taken_at") else None
    return RollCallAsked(uuid, photos, **given, taken_at=taken_at, on=_date(read))


def _photo(read, number, text):
    name = f"photos.{number}"
    if not isinstance(text, str) or not 0 < len(text) <= _MAX_TEXT:
        read.fail(name, f"Base64 of at most {MOST_PHOTO_BYTES} bytes was expected.")
    try:
        content = base64.b64decode(text, validate=True)
    except ValueError:
        content = b""
    if not kind_of(content) or len(content) > MOST_PHOTO_BYTES:
        read.fail(name, "A JPEG, PNG or WebP photo of at most 7.5 MB, in base64, was expected.")
    return content


def _date(read):
    if not read.has("date"):
        return None
    if read.has("taken_at"):
        read.fail("date", "A date or a time was expected, not both.")
    text = read.matching("date", _DATE, "A date")
    try:
        return date.fromisoformat(text)
    except ValueError:
        return read.fail("date", "This is no date.")
