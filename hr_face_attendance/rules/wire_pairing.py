"""Who a device or program is: the bodies of pair, token and keys of device API v1.

Every parser raises `Malformed` with the first offending field. Unknown fields are ignored.
"""

from dataclasses import asdict, dataclass

from .jwt import SCOPES
from .reader import HASH, Reader

MAX_SMALL_BYTES = 64 * 1024


@dataclass(frozen=True)
class Pair:
    """Keys are base64 of 32 bytes: Ed25519 and X25519 public keys."""

    code: str
    signing_key: str
    encryption_key: str
    bridge_version: str
    platform: str


def parse_pair(document):
    read = Reader(document)
    return Pair(
        code=read.text("code", low=4, high=32),
        signing_key=read.encoded("signing_key", size=32),
        encryption_key=read.encoded("encryption_key", size=32),
        bridge_version=read.text("bridge_version", high=64),
        platform=read.text("platform", high=128),
    )


@dataclass(frozen=True)
class NewKeys:
    """Base64 of 32 bytes each, and the UUID of the chain that the signing key begins."""

    signing_key: str
    encryption_key: str
    chain: str


@dataclass(frozen=True)
class Rotation:
    """`signed`: what the proof, an Ed25519 signature in base64, is about."""

    token_sha256: str
    keys: NewKeys | None
    proof: str
    signed: dict


def parse_rotation(document):
    read = Reader(document)
    keys = None
    if read.take("keys", nullable=True) is not None:
        new = read.child("keys")
        keys = NewKeys(
            signing_key=new.encoded("signing_key", size=32),
            encryption_key=new.encoded("encryption_key", size=32),
            chain=new.uuid("chain"),
        )
    digest = read.matching("token_sha256", HASH, "A SHA-256 in hex")
    return Rotation(
        token_sha256=digest,
        keys=keys,
        proof=read.encoded("proof", size=64),
        signed={"token_sha256": digest, "keys": asdict(keys) if keys else None},
    )


@dataclass(frozen=True)
class TokenRequest:
    """`scopes` empty: all that the client has. `service` None: the one there is."""

    client_id: str
    client_secret: str
    scopes: tuple[str, ...]
    service: str | None


def parse_token(document):
    read = Reader(document)
    scopes = read.objects("scope", high=len(SCOPES)) if "scope" in read.document else []
    if not all(isinstance(one, str) and one in SCOPES for one in scopes):
        read.fail("scope", f"Some of {', '.join(SCOPES)} were expected.")
    named = "service" in read.document
    return TokenRequest(
        client_id=read.text("client_id", low=1, high=64),
        client_secret=read.text("client_secret", low=1, high=128),
        scopes=tuple(dict.fromkeys(scopes)),
        service=read.text("service", low=1, high=256, nullable=True) if named else None,
    )
