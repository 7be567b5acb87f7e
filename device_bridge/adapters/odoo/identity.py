"""Who this bridge is to Odoo: its token and its key pairs, in one file that only it reads.

Private keys are made here and never leave this machine.
"""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from device_bridge.errors import NotPaired


@dataclass(frozen=True, slots=True)
class Keys:
    """The device's two private keys."""

    signing: Ed25519PrivateKey
    encryption: X25519PrivateKey

    @classmethod
    def generate(cls) -> Keys:
        return cls(Ed25519PrivateKey.generate(), X25519PrivateKey.generate())

    def public_signing_key(self) -> str:
        return _text(self.signing.public_key().public_bytes_raw())

    def public_encryption_key(self) -> str:
        return _text(self.encryption.public_key().public_bytes_raw())


@dataclass(frozen=True, slots=True)
class Identity:
    """What pairing left behind."""

    url: str
    database: str
    device: int
    name: str
    chain: str
    token: str
    keys: Keys


def save(identity: Identity, path: Path) -> None:
    """Write atomically, readable by the owner only."""
    data = {
        "url": identity.url,
        "database": identity.database,
        "device": identity.device,
        "name": identity.name,
        "chain": identity.chain,
        "token": identity.token,
        "signing_key": _text(identity.keys.signing.private_bytes_raw()),
        "encryption_key": _text(identity.keys.encryption.private_bytes_raw()),
    }
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_suffix(".new")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(data, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def load(path: Path) -> Identity:
    """Raises NotPaired if there is none, or it cannot be read."""
    try:
        data = json.loads(path.read_text())
        keys = Keys(
            Ed25519PrivateKey.from_private_bytes(_bytes(data["signing_key"])),
            X25519PrivateKey.from_private_bytes(_bytes(data["encryption_key"])),
        )
        return Identity(
            url=data["url"],
            database=data["database"],
            device=data["device"],
            name=data["name"],
            chain=data["chain"],
            token=data["token"],
            keys=keys,
        )
    except FileNotFoundError as error:
        raise NotPaired(
            "This bridge is not paired: create a pairing code on the device in Odoo and run"
            " `device-bridge pair --url … --code …`."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise NotPaired(f"{path} is damaged: remove it and pair this bridge again.") from error


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
