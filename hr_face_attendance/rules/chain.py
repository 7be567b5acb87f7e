"""The hash chain of a device's events (wire/event.v1).

The hash covers everything but the personal part, its salt and the signature; the
personal part is in it as a salted commitment. Destroying salt and personal part
(redaction) therefore leaves the chain and every signature valid.
"""

import base64
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .canonical import canonical

GENESIS = "0" * 64
PERSONAL = (
    "employee",
    "template_model",
    "similarity",
    "margin",
    "pad",
    "direction_hint",
    "evidence",
)
OUTSIDE_HASH = frozenset(PERSONAL) | {"salt", "signature"}


def commitment_of(event):
    """SHA-256 of salt and personal part, 64 hex digits. Needs the salt."""
    personal = {name: event.get(name) for name in PERSONAL}
    salt = base64.b64decode(event["salt"], validate=True)
    return hashlib.sha256(salt + canonical(personal)).hexdigest()


def hash_of(event):
    """SHA-256 of everything but personal part, salt and signature, 64 hex digits."""
    public = {name: value for name, value in event.items() if name not in OUTSIDE_HASH}
    return hashlib.sha256(canonical(public)).hexdigest()


def sha256_hex(data):
    return hashlib.sha256(data).hexdigest()


def is_signed(event_hash, signature, signing_key):
    """Whether `signature` (base64) over the 32 bytes of the hash is by `signing_key` (base64)."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(signing_key, validate=True))
        key.verify(base64.b64decode(signature, validate=True), bytes.fromhex(event_hash))
    except (InvalidSignature, ValueError):
        return False
    return True
