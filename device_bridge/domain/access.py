"""Who may ask the recognition service for what, as Odoo says in /config (`service`)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

FACTORS = ("pin", "badge")

BROWSER_TTL_S = 120
"""A browser's token is read by whoever reads the page: it lives for two minutes."""

PROGRAM_TTL_S = 3600
"""A program keeps its token to itself, and its client can be revoked."""

_KEY_BYTES = 32


class Scope(StrEnum):
    """What a token allows."""

    IDENTIFY = "identify"
    VERIFY = "verify"
    EMBED = "embed"
    ENROL = "enrol"
    ROLLCALL = "rollcall"
    METRICS = "metrics"
    CAPTURE = "capture"


BROWSER_SCOPES = frozenset({Scope.IDENTIFY, Scope.VERIFY})
"""What the token of a gate's page can be for, whatever it says: never vectors."""

PROGRAM_SCOPES = frozenset(Scope) - {Scope.CAPTURE}
"""A picture handed over for an enrolment comes from a browser whose token names that one."""


@dataclass(frozen=True, slots=True)
class Access:
    """The service's side of its credentials; a new value after each change in Odoo.

    Attributes:
        issuer: the database's UUID, `iss` of every token.
        audience: the service's public address, `aud` of every token for it.
        origin: of Odoo's own pages, the only one whose scripts may call.
        company: database id; people of no other company are here.
        keys: Ed25519 public keys (32 bytes) by key id.
        clients: registered programs and what each may do now.
        replicas: Ed25519 public keys (32 bytes) of the devices that serve this address, by
            device id; each signs the challenges that it issues.
    """

    issuer: str
    audience: str
    origin: str
    company: int
    keys: Mapping[str, bytes]
    clients: Mapping[str, frozenset[Scope]]
    replicas: Mapping[int, bytes]


@dataclass(frozen=True, slots=True)
class Claim:
    """Who a person has shown to be by something else than their face; Odoo has checked it.

    Attributes:
        factor: "pin" or "badge".
    """

    employee: int
    factor: str


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token that holds allows its bearer.

    Attributes:
        subject: who asks, for logs; names no person.
        gate: the gate whose rules count and where events belong; None for a program that
            stands at no gate, and then nothing is written.
        client: the registered program, None for a browser.
        enrolment: UUID of the enrolment that a browser is at, None for others.
        claim: of the person in front of a kiosk, for a face that alone does not tell.
    """

    subject: str
    scopes: frozenset[Scope]
    gate: int | None
    client: str | None
    enrolment: str | None = None
    claim: Claim | None = None


def read_access(config: Mapping[str, Any]) -> Access | None:
    """The `service` of wire/config.v1; None for a device that serves no address.

    Raises KeyError, TypeError or ValueError for anything else. Scopes that this version
    does not know are left out: nobody can ask it for them.
    """
    service = config.get("service")
    if service is None:
        return None
    return Access(
        issuer=config["database"],
        audience=service["audience"],
        origin=service["origin"],
        company=service["company"],
        keys={one["kid"]: _key(one["public_key"]) for one in service["keys"]},
        clients={one["id"]: known_scopes(one["scopes"]) for one in service["clients"]},
        replicas={one["device"]: _key(one["signing_key"]) for one in service["replicas"]},
    )


def known_scopes(names: list[str]) -> frozenset[Scope]:
    """Those of `names` that are scopes."""
    return frozenset(Scope(name) for name in names if name in set(Scope))


def _key(text: str) -> bytes:
    raw = base64.b64decode(text, validate=True)
    if len(raw) != _KEY_BYTES:
        raise ValueError("an Ed25519 public key has 32 bytes")
    return raw
