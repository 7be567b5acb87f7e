"""Opens what Odoo sealed to this device's encryption key (wire/gallery.v1).

X25519 with an ephemeral key, HKDF-SHA256, AES-256-GCM: a stolen token alone yields
ciphertext.
"""

from __future__ import annotations

import base64
import zlib
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from device_bridge.errors import Refused

ALGORITHM = "X25519-HKDF-SHA256-AES256GCM"
_INFO = b"hr_face_attendance gallery v1"
_MOST_BYTES = 256 * 1024 * 1024


def unseal(sealed: dict[str, Any], key: X25519PrivateKey, cursor: str) -> bytes:
    """The compressed page's plaintext.

    Raises:
        Refused: sealed for another key, for another cursor, or tampered with.
    """
    if sealed.get("alg") != ALGORITHM:
        raise Refused("malformed", f"The gallery is sealed with {sealed.get('alg')!r}.", "alg")
    try:
        ephemeral = base64.b64decode(sealed["ephemeral_key"], validate=True)
        shared = key.exchange(X25519PublicKey.from_public_bytes(ephemeral))
        salt = ephemeral + key.public_key().public_bytes_raw()
        secret = HKDF(hashes.SHA256(), 32, salt=salt, info=_INFO).derive(shared)
        packed = AESGCM(secret).decrypt(
            base64.b64decode(sealed["nonce"], validate=True),
            base64.b64decode(sealed["ciphertext"], validate=True),
            cursor.encode(),
        )
    except (InvalidTag, KeyError, ValueError) as error:
        raise Refused("malformed", "The gallery was not sealed to this device's key.") from error
    return _inflate(packed)


def _inflate(packed: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(packed, _MOST_BYTES)
    except zlib.error as error:
        raise Refused("malformed", "The gallery page is not compressed as agreed.") from error
    if inflater.unconsumed_tail:
        raise Refused("malformed", "The gallery page is larger than 256 MiB.")
    return plain
