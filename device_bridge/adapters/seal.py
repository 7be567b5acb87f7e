"""Seals what lies on the disk: AES-256-GCM under the key that `state.unlock` gives."""

from __future__ import annotations

import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from device_bridge.errors import SealBroken

_NONCE_BYTES = 12


class Seal:
    """One 32-byte key. Random nonces: safe for 2^32 things under one key (NIST SP 800-38D)."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self.name = hashlib.sha256(b"name of " + key).hexdigest()[:16]

    def close(self, plain: bytes, about: str) -> bytes:
        """Nonce and ciphertext; `about` must be said again to open it."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """Raises SealBroken: sealed under another key, about something else, or changed."""
        try:
            return self._cipher.decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], about.encode()
            )
        except (InvalidTag, ValueError) as error:
            raise SealBroken(f"{about} was sealed under another key, or changed.") from error
