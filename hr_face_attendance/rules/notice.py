"""Notifications: what there is to tell, when it may ring, and what to do when it did not arrive.

Web Push is RFC 8030 (delivery, TTL, urgency, topic), RFC 8291 (encryption), RFC 8292 (VAPID).
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

CHECKED, FORGOTTEN = "checked", "forgotten"
LATE, STRANGER, REFUSED, OFFLINE, ATTACK = "late", "stranger", "refused", "offline", "attack"


@dataclass(frozen=True)
class Kind:
    """Something to tell.

    Attributes:
        keep: after this time it is of no use any more; also the TTL at the push service.
        urgency: RFC 8030, 5.3: "low" lets a phone sleep on, "high" wakes it.
        for_managers: told to who is responsible, not to the person it is about.
        rings_at_night: told within quiet hours as well.
    """

    name: str
    keep: timedelta
    urgency: str = "normal"
    for_managers: bool = False
    rings_at_night: bool = False


KINDS = {
    kind.name: kind
    for kind in (
        Kind(CHECKED, timedelta(hours=1), "high"),
        Kind(FORGOTTEN, timedelta(days=2)),
        Kind(LATE, timedelta(hours=8), "low", for_managers=True),
        Kind(STRANGER, timedelta(hours=2), "high", for_managers=True),
        Kind(REFUSED, timedelta(hours=8), for_managers=True),
        Kind(OFFLINE, timedelta(hours=8), for_managers=True),
        Kind(ATTACK, timedelta(hours=8), "high", for_managers=True, rings_at_night=True),
    )
}
OWN = tuple(name for name, kind in KINDS.items() if not kind.for_managers)
MANAGERS = tuple(name for name, kind in KINDS.items() if kind.for_managers)

FRESH = timedelta(minutes=30)
"""An event that arrives later than this is history, not news."""

PUSH_SERVICES = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "*.push.apple.com",
    "*.notify.windows.com",
)
"""The push services of the browsers there are; a company may name others."""
MAX_ENDPOINT = 1024
_B64URL = re.compile(r"[A-Za-z0-9_-]+={0,2}")
_P256DH_CHARS, _AUTH_CHARS = range(86, 89), range(21, 25)
"""65 and 16 bytes in base64 (RFC 8291, 2.1 and 3.2), padded or not."""

FIRST_WAIT, LONGEST_WAIT, MAX_ATTEMPTS = timedelta(seconds=30), timedelta(hours=1), 8
GONE = (404, 410)
LATER = (408, 425, 429)


def is_fresh(captured_at, now):
    """Whether what was captured then is news at `now` (both aware, or both naive UTC)."""
    return now - captured_at <= FRESH


def is_allowed(endpoint, allowed=PUSH_SERVICES):
    """Whether this is the address of a push service that may be called.

    Args:
        endpoint: as the browser gave it, untrusted.
        allowed: hosts ("push.example.com"), hosts below one ("*.example.com"), reached by
            HTTPS on port 443; or whole origins ("https://push.example.com:8443").
    """
    if not isinstance(endpoint, str) or len(endpoint) > MAX_ENDPOINT or not endpoint.isascii():
        return False
    try:
        url = urlsplit(endpoint)
        host, port = url.hostname or "", url.port
    except ValueError:
        return False
    if url.username is not None or url.password is not None or re.search(r"[\s\\]", endpoint):
        return False
    if f"{url.scheme}://{url.netloc}" in allowed:
        return True
    if url.scheme != "https" or port not in (None, 443):
        return False
    return any(host == one or (one.startswith("*.") and host.endswith(one[1:])) for one in allowed)


def hosts_of(text):
    """The entries of the setting: separated by commas or white space."""
    return tuple(one for one in re.split(r"[\s,]+", text or "") if one)


def are_keys(p256dh, auth):
    """Whether these can be the two keys of a subscription."""
    return all(
        isinstance(key, str) and len(key) in chars and bool(_B64URL.fullmatch(key))
        for key, chars in ((p256dh, _P256DH_CHARS), (auth, _AUTH_CHARS))
    )


def not_before(now, quiet_from, quiet_until):
    """The first moment from `now` on that does not lie in quiet hours.

    Args:
        now: aware, in the receiver's zone.
        quiet_from, quiet_until: hours of the day, 0 to 24; equal: there are none. They may
            pass midnight.
    """
    hour = now.hour + now.minute / 60 + now.second / 3600
    if quiet_from == quiet_until:
        return now
    over_midnight = quiet_from > quiet_until
    is_quiet = (
        hour >= quiet_from or hour < quiet_until
        if over_midnight
        else quiet_from <= hour < quiet_until
    )
    if not is_quiet:
        return now
    day = now.date() + timedelta(days=1 if over_midnight and hour >= quiet_from else 0)
    # On the wall clock, so that a night with a change of the clocks ends at the same hour.
    ends = datetime.combine(day, datetime.min.time()) + timedelta(hours=quiet_until)
    zone = now.tzinfo
    return zone.localize(ends) if hasattr(zone, "localize") else ends.replace(tzinfo=zone)


@dataclass(frozen=True)
class Fate:
    """What becomes of a notification after a try: "sent", "gone" (so is its subscription),
    "failed", or "wait" with `wait` until the next try."""

    state: str
    wait: timedelta = timedelta(0)


def after(status, attempts, retry_after_s=None):
    """What to do.

    Args:
        status: of the push service's answer; None if there was none.
        attempts: how often it was tried, this one included.
        retry_after_s: what the service asked for.
    """
    if status is not None and 200 <= status < 300:
        return Fate("sent")
    if status in GONE:
        return Fate("gone")
    retry = status is None or status in LATER or status >= 500
    if not retry or attempts >= MAX_ATTEMPTS:
        return Fate("failed")
    wait = min(FIRST_WAIT * 4 ** (attempts - 1), LONGEST_WAIT)
    asked = timedelta(seconds=min(max(retry_after_s or 0, 0), 86_400))
    return Fate("wait", max(wait, asked))


def topic(key):
    """A later notification about the same replaces one not yet delivered (RFC 8030, 5.4)."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]
