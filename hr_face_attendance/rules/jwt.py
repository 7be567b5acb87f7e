"""JSON Web Tokens (RFC 7519) signed with Ed25519 (RFC 8037): made for the recognition service, and
read where a program shows Odoo the token that it has for it."""

import base64
import binascii
import hashlib
import json

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .errors import InvalidToken, TokenExpired

ALGORITHM = "EdDSA"
SCOPES = ("identify", "verify", "embed", "enrol", "rollcall", "metrics")
CAPTURE = "capture"
"""To hand over the pictures of one enrolment; no program can have it."""
BROWSER_SCOPES = ("identify", "verify")
BROWSER_TTL_S, PROGRAM_TTL_S = 120, 3600
"""The recognition service refuses tokens that live longer (device_bridge/domain/access.py)."""


def sign(claims, key, kid):
    """The compact form of a token.

    Args:
        claims: JSON-ready dict.
        key: Ed25519PrivateKey.
        kid: names the key to whoever verifies.
    """
    head = {"alg": ALGORITHM, "typ": "JWT", "kid": kid}
    signed = b".".join(
        _part(json.dumps(one, separators=(",", ":")).encode()) for one in (head, claims)
    )
    return (signed + b"." + _part(key.sign(signed))).decode()


def key_name(public_key):
    """Names a public key (32 bytes): 16 hex digits."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def claims_of(
    *,
    issuer,
    audience,
    subject,
    scopes,
    company,
    now,
    ttl_s,
    gate=None,
    client=None,
    enrolment=None,
    employee=None,
    factor=None,
):
    """Claims as the service reads them (docs/service.md).

    Args:
        now: seconds since 1970, of the moment of issue.
        gate: database id, for whoever stands at one.
        client: id of the registered program; None for a browser.
        enrolment: UUID of the one that a browser is at.
        employee, factor: who has just shown a PIN or badge ("pin", "badge") at a kiosk.
    """
    claims = {
        "iss": issuer,
        "aud": audience,
        "sub": subject,
        "iat": now,
        "exp": now + ttl_s,
        "scope": " ".join(scopes),
        "company": company,
    }
    optional = {
        "gate": gate,
        "client_id": client,
        "enrolment": enrolment,
        "employee": employee,
        "factor": factor,
    }
    return claims | {name: value for name, value in optional.items() if value}


MOST_CHARACTERS = 4096
_UNKNOWN = "This is no token of this Odoo's."


def opened(token, keys, *, issuer, now):
    """The claims of a token that one of our keys has signed and that lives.

    Args:
        token: text, of anybody's making.
        keys: {kid: Ed25519 public key (32 bytes)}; no other key and no other algorithm counts.
        now: seconds since 1970.

    Raises:
        InvalidToken, TokenExpired
    """
    try:
        if len(token) > MOST_CHARACTERS:
            raise ValueError("too long")
        head, body, signature = token.split(".")
        about = json.loads(_unpart(head))
        if about["alg"] != ALGORITHM:
            raise ValueError("another algorithm")
        public = Ed25519PublicKey.from_public_bytes(keys[about["kid"]])
        public.verify(_unpart(signature), f"{head}.{body}".encode())
        claims = json.loads(_unpart(body))
        good = claims["iss"] == issuer and type(claims["exp"]) is int
    except (ValueError, KeyError, TypeError, RecursionError, InvalidSignature) as error:
        raise InvalidToken(_UNKNOWN) from error
    if not good:
        raise InvalidToken(_UNKNOWN)
    if now >= claims["exp"]:
        raise TokenExpired("This token has expired.")
    return claims


def _unpart(text):
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("no base64") from error


def _part(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=")
