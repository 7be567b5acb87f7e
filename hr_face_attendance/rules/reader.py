"""Reading one JSON object field by field, naming the first field that is wrong."""

import base64
import binascii
import json
import math
import re
from datetime import UTC, datetime

from .errors import Malformed

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
HASH = re.compile(r"[0-9a-f]{64}")
MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{1,63}")
UTC_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")
MAX_ID = 2**31 - 1
MAX_SAFE = 2**53 - 1
"""The largest integer every JSON reader keeps exact (RFC 8259, section 6)."""
EPOCH_YEAR, LAST_YEAR = 1970, 2999
"""Outside these no clock runs, and time zone arithmetic overflows."""
_REQUIRED = object()


def load_json(body):
    """The JSON value of `body` (bytes).

    Raises:
        Malformed: not UTF-8, not JSON, NaN or Infinity, or nested too deeply.
    """
    try:
        return json.loads(body.decode(), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise Malformed(None, "The body is not UTF-8.") from error
    except RecursionError as error:
        raise Malformed(None, "The body is nested too deeply.") from error
    except ValueError as error:
        raise Malformed(None, f"The body is not JSON: {error}.") from error


def _refuse_constant(name):
    raise ValueError(f"{name} is not a number")


class Reader:
    """Fields of a JSON object, checked as they are taken.

    Every method raises Malformed with the field's name (after `path`).
    """

    def __init__(self, document, path=""):
        self.path = path
        if not isinstance(document, dict):
            raise Malformed(path.rstrip(".") or None, "An object was expected.")
        self.document = document

    def fail(self, name, message):
        raise Malformed(self.path + name, message)

    def has(self, name):
        """Whether an optional field is there and not null."""
        return self.document.get(name) is not None

    def take(self, name, *, nullable=False):
        value = self.document.get(name, _REQUIRED)
        if value is _REQUIRED:
            self.fail(name, "This field is missing.")
        if value is None and not nullable:
            self.fail(name, "This field may not be null.")
        return value

    def integer(self, name, *, low=-MAX_SAFE, high=MAX_SAFE, nullable=False):
        value = self.take(name, nullable=nullable)
        if value is None:
            return None
        if type(value) is not int or not low <= value <= high:
            self.fail(name, f"An integer from {low} to {high} was expected.")
        return value

    def identifier(self, name, *, nullable=False):
        return self.integer(name, low=1, high=MAX_ID, nullable=nullable)

    def number(self, name, *, low, high=math.inf, nullable=False):
        value = self.take(name, nullable=nullable)
        if value is None:
            return None
        if type(value) not in (int, float) or not math.isfinite(value) or not low <= value <= high:
            self.fail(name, f"A number from {low} to {high} was expected.")
        return value

    def text(self, name, *, low=0, high=256, nullable=False):
        value = self.take(name, nullable=nullable)
        if value is None:
            return None
        if not isinstance(value, str) or not low <= len(value) <= high or not is_storable(value):
            self.fail(name, f"A text of {low} to {high} characters was expected.")
        return value

    def matching(self, name, pattern, what, *, nullable=False):
        value = self.take(name, nullable=nullable)
        if value is None:
            return None
        if not isinstance(value, str) or not pattern.fullmatch(value):
            self.fail(name, f"{what} was expected.")
        return value

    def uuid(self, name):
        return self.matching(name, UUID, "A lower-case UUID")

    def model(self, name, *, nullable=False):
        return self.matching(name, MODEL, "A model id", nullable=nullable)

    def one_of(self, name, allowed, *, nullable=False):
        value = self.take(name, nullable=nullable)
        if value is None:
            return None
        if not isinstance(value, str) or value not in allowed:
            self.fail(name, f"One of {', '.join(allowed)} was expected.")
        return value

    def boolean(self, name):
        value = self.take(name)
        if not isinstance(value, bool):
            self.fail(name, "true or false was expected.")
        return value

    def moment(self, name, *, nullable=False):
        """An aware UTC datetime from RFC 3339 with milliseconds and Z."""
        value = self.matching(
            name, UTC_TIME, "A UTC time with milliseconds and Z", nullable=nullable
        )
        if value is None:
            return None
        try:
            moment = datetime.fromisoformat(value).astimezone(UTC)
        except ValueError:
            return self.fail(name, "This is no date and time.")
        if not EPOCH_YEAR <= moment.year <= LAST_YEAR:
            self.fail(name, f"A year from {EPOCH_YEAR} to {LAST_YEAR} was expected.")
        return moment

    def encoded(self, name, *, size=None, nullable=False):
        """Base64 text (returned as sent) of `size` bytes, or of any size."""
        value = self.take(name, nullable=nullable)
        if value is None:
            return None
        try:
            raw = base64.b64decode(value, validate=True) if isinstance(value, str) else None
        except (binascii.Error, ValueError):
            raw = None
        if raw is None or (size is not None and len(raw) != size):
            self.fail(name, "Base64" + (f" of {size} bytes" if size else "") + " was expected.")
        return value

    def objects(self, name, *, low=0, high):
        """A list of `low` to `high` items, each still to be read."""
        value = self.take(name)
        if not isinstance(value, list) or not low <= len(value) <= high:
            self.fail(name, f"A list of {low} to {high} items was expected.")
        return value

    def child(self, name):
        value = self.take(name)
        if not isinstance(value, dict):
            self.fail(name, "An object was expected.")
        return Reader(value, f"{self.path}{name}.")


def is_storable(value):
    """Whether PostgreSQL can keep every text in this JSON value (no NUL, no lone surrogate)."""
    if isinstance(value, str):
        return "\x00" not in value and not any("\ud800" <= char <= "\udfff" for char in value)
    if isinstance(value, dict):
        return all(is_storable(key) and is_storable(item) for key, item in value.items())
    if isinstance(value, list):
        return all(is_storable(item) for item in value)
    return True
