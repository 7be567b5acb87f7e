"""Who this bridge is to Odoo: its token and its key pairs, in one file that only it reads.

Private keys are made here and never leave this machine.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from device_bridge.errors import NotPaired

_MARK = "fd_"


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
class Renewal:
    """A token, and keys with the chain they begin, that Odoo may know already or not yet.

    Attributes:
        keys, chain: None: only the token is new.
    """

    token: str
    keys: Keys | None = None
    chain: str | None = None

    @classmethod
    def generate(cls, *, with_keys: bool) -> Renewal:
        token = _MARK + secrets.token_urlsafe(32)
        return cls(token, Keys.generate(), str(uuid4())) if with_keys else cls(token)

    @property
    def token_sha256(self) -> str:
        return hashlib.sha256(self.token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Identity:
    """What pairing left behind.

    Attributes:
        storage_secret: this machine's half of the key to what lies on its disk.
        renewal: begun and not known to be finished.
    """

    url: str
    database: str
    device: int
    name: str
    chain: str
    token: str
    keys: Keys
    storage_secret: bytes = b""
    renewal: Renewal | None = None

    def renewed(self) -> Identity:
        """After the renewal."""
        new = self.renewal
        if new is None:
            return self
        return replace(
            self,
            token=new.token,
            keys=new.keys or self.keys,
            chain=new.chain or self.chain,
            renewal=None,
        )


def save(identity: Identity, path: Path) -> None:
    """Write atomically, readable by the owner only."""
    renewal = identity.renewal
    data = {
        "url": identity.url,
        "database": identity.database,
        "device": identity.device,
        "name": identity.name,
        "chain": identity.chain,
        "token": identity.token,
        **_written(identity.keys),
        "storage_secret": _text(identity.storage_secret),
        "renewal": renewal
        and {"token": renewal.token, "chain": renewal.chain, **_written(renewal.keys)},
    }
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_suffix(".new")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(data, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def load(path: Path) -> Identity:
    """Raises NotPaired if there is none, or it cannot be read."""
    try:
        data = json.loads(path.read_text())
        renewal = data.get("renewal")
        keys = _read(data)
        secret = data.get("storage_secret")
        return Identity(
            url=data["url"],
            database=data["database"],
            device=data["device"],
            name=data["name"],
            chain=data["chain"],
            token=data["token"],
            keys=keys,
            # a file from before there was one: as secret as the key it is made of
            storage_secret=_bytes(secret)
            if secret
            else hashlib.sha256(b"storage" + keys.encryption.private_bytes_raw()).digest(),
            renewal=Renewal(
                renewal["token"],
                _read(renewal) if renewal["chain"] else None,
                renewal["chain"],
            )
            if renewal
            else None,
        )
    except FileNotFoundError as error:
        raise NotPaired(
            "This bridge is not paired: create a pairing code on the device in Odoo and run"
            " `device-bridge pair --url … --code …`."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise NotPaired(f"{path} is damaged: remove it and pair this bridge again.") from error


def storage_secret_for(path: Path, device: int, database: str) -> bytes:
    """The one that this machine has for the device already, so that what it keeps stays
    readable when it is paired again; else a new one."""
    try:
        before = load(path)
    except NotPaired:
        before = None
    if before is not None and (before.device, before.database) == (device, database):
        return before.storage_secret
    return secrets.token_bytes(32)


def _written(keys: Keys | None) -> dict[str, str]:
    if keys is None:
        return {}
    return {
        "signing_key": _text(keys.signing.private_bytes_raw()),
        "encryption_key": _text(keys.encryption.private_bytes_raw()),
    }


def _read(data: dict[str, Any]) -> Keys:
    return Keys(
        Ed25519PrivateKey.from_private_bytes(_bytes(data["signing_key"])),
        X25519PrivateKey.from_private_bytes(_bytes(data["encryption_key"])),
    )


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
