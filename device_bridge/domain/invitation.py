"""What Odoo's pairing dialog shows as a QR code: where Odoo is, and a one-time code.

Whoever can hold a picture up to a camera can write anything into one, so nothing in it is believed:
its address must be https and nothing but a host, or the very one that was named beforehand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from device_bridge.domain.server_address import server_url
from device_bridge.errors import InvitationUnusable

SCHEME = "hr-face-pair"
LONGEST = 400
"""Characters; the longest address and code that there are, percent-encoded, fit."""
_CODE = re.compile(r"[0-9A-Za-z-]{4,32}")


@dataclass(frozen=True, slots=True)
class Invitation:
    """Where to pair, and with which code; the code is a secret until it is used."""

    url: str
    code: str


def read_invitation(text: str, meant: str = "") -> Invitation:
    """The invitation that a QR code holds, as in wire/examples/invitation.v1.txt.

    Args:
        text: what the QR code says.
        meant: the server that was named beforehand; only this one will do. It may be plain HTTP.

    Raises:
        InvitationUnusable: it is none, or one to another server. The code is not in the message.
    """
    if len(text) > LONGEST or not text.isascii() or not text.isprintable():
        raise InvitationUnusable("This QR code is no invitation to pair.")
    url, code = _fields(text)
    if not _CODE.fullmatch(code):
        raise InvitationUnusable("The pairing code in this QR code is none.")
    if meant:
        if url.rstrip("/") != meant.rstrip("/"):
            raise InvitationUnusable(f"This QR code is from another server than {meant}.")
        return Invitation(meant, code)
    address = server_url(url)
    if address is None:
        raise InvitationUnusable(
            "The address in this QR code is no https address of a server; if it is right all the"
            " same, name it with --url."
        )
    return Invitation(address, code)


def _fields(text: str) -> tuple[str, str]:
    """(url, code)"""
    try:
        parts = urlsplit(text)
        given = parse_qs(parts.query, strict_parsing=True, max_num_fields=8)
        [url], [code] = given["url"], given["code"]
    except (ValueError, KeyError) as error:
        raise InvitationUnusable("This QR code is no invitation to pair.") from error
    if (parts.scheme, parts.netloc, parts.path) != (SCHEME, "", "v1"):
        raise InvitationUnusable("This QR code is no invitation to pair.")
    return url, code
