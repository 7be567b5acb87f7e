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


def is_signed(event_hash, signature, signing_key):
    """Whether `signature` (base64) over the 32 bytes of the hash is by `signing_key` (base64)."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(signing_key, validate=True))
        key.verify(base64.b64decode(signature, validate=True), bytes.fromhex(event_hash))
    except (InvalidSignature, ValueError):
        return False
    return True


def breaks(links, signing_key):
    """Where a device's chain does not hold, as [(seq, fault)]; empty when it does.

    Args:
        links: (seq, prev_hash, hash, signature) of one chain. A missing seq is no
            fault: events may still be on their way.
    """
    faults, before = [], None
    for seq, prev_hash, event_hash, signature in sorted(links):
        if not is_signed(event_hash, signature, signing_key):
            faults.append((seq, "signature"))
        if seq == 1 and prev_hash != GENESIS:
            faults.append((seq, "genesis"))
        if before and before[0] == seq:
            faults.append((seq, "fork"))
        elif before and before[0] == seq - 1 and before[1] != prev_hash:
            faults.append((seq, "prev_hash"))
        before = (seq, event_hash)
    return faults
