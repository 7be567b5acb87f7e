"""Links to one's own page, for people without an account: who holds one is that person.

A link is a bearer secret: 256 random bits, stored as a hash, for a limited time, revocable.
"""

import hashlib
import re
import secrets
from datetime import timedelta

MARK = "fl_"
"""Every link's secret begins with it, so that a leaked one is recognised."""
SECRET = re.compile(r"fl_[A-Za-z0-9_-]{43}")
VALID_DAYS, MAX_VALID_DAYS = 30, 366


def new_secret():
    """256 random bits: nothing to stretch, a plain hash is enough to store."""
    return MARK + secrets.token_urlsafe(32)


def is_secret(text):
    """Whether this can be a link's secret at all."""
    return isinstance(text, str) and bool(SECRET.fullmatch(text))


def digest(secret):
    return hashlib.sha256(secret.encode()).hexdigest()


def expires_at(now, days):
    """When a link made at `now` stops working. `days` beyond the bounds are brought within them."""
    return now + timedelta(days=min(max(int(days), 1), MAX_VALID_DAYS))
