"""What a kiosk page may ask for; it is open to whoever knows its address.

The page's own requests are let through and nothing else: a name, a department, a page.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

MAX_PAGE = 100
MAX_NAME = 100
MAX_OFFSET = 1_000_000
MIN_KEY = 16
"""Characters of a kiosk's key; Odoo makes 32."""

GATE_MARK = "fk_"
"""Begins the key of a gate's own kiosk."""
SHOWN = timedelta(minutes=2)
"""How long after a sighting its kiosk is told what came of it."""
CORRECTABLE = timedelta(minutes=2)
"""How long the person at the kiosk may say that it was wrong."""

WINDOW = timedelta(minutes=10)
TRIES_PER_PERSON = 5
TRIES_PER_KIOSK = 30
"""Wrong PINs or unknown badges within WINDOW. A PIN of four digits then takes two weeks."""


class NotAsked(ValueError):
    """The kiosk page does not ask for this."""


@dataclass(frozen=True)
class Search:
    """Whom the page lists."""

    name: str = ""
    department: int | None = None
    limit: int = MAX_PAGE
    offset: int = 0


def is_key(token):
    """Whether this can be a kiosk's key. Anything else would match companies without one."""
    return isinstance(token, str) and len(token) >= MIN_KEY


def new_gate_key(random_text):
    """The key of a gate's kiosk, from 24 random bytes or more as URL-safe text."""
    return GATE_MARK + random_text


def is_gate_key(token):
    """Whether this looks like the key of a gate's kiosk."""
    return is_key(token) and token.startswith(GATE_MARK)


def is_uuid(text):
    """Whether this can be an event's UUID as the service writes it."""
    try:
        return isinstance(text, str) and str(UUID(text)) == text
    except ValueError:
        return False


def read_search(domain, limit, offset):
    """The page's request.

    Args:
        domain: `[["department_id", "=", 3], ["name", "ilike", "an"]]`, each part at most once,
            joined by "&" or not at all; empty for everybody.

    Raises:
        NotAsked: a part that the page does not send.
    """
    if not isinstance(domain, list):
        raise NotAsked("A list of conditions is expected.")
    asked = {}
    for part in domain:
        if part == "&":
            continue
        field, value = _condition(part)
        if field in asked:
            raise NotAsked(f"Only one condition on {field} is possible.")
        asked[field] = value
    return Search(
        asked.get("name", ""),
        asked.get("department_id"),
        _number(limit, 1, MAX_PAGE),
        _number(offset, 0, MAX_OFFSET),
    )


def _condition(part):
    """("name", text) or ("department_id", number)."""
    if isinstance(part, (list, tuple)) and len(part) == 3:
        field, operator, value = part
        if (field, operator) == ("name", "ilike") and isinstance(value, str):
            return field, value[:MAX_NAME]
        if (field, operator) == ("department_id", "=") and is_id(value):
            return field, value
    raise NotAsked("A kiosk lists employees by name and department only.")


def is_id(value):
    """Whether this can be a record's number."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31


def _number(value, low, high):
    if isinstance(value, bool) or not isinstance(value, int):
        raise NotAsked("A whole number is expected.")
    return min(max(value, low), high)
