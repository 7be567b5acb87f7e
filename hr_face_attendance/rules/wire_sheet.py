"""A gate's commissioning sheet: the body of doctor of device API v1.

Every parser raises `Malformed` with the first offending field. Unknown fields are ignored.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from .canonical import canonical
from .reader import MAX_SAFE, Reader

CHECKS = (
    "camera",
    "frame_rate",
    "light",
    "face_size",
    "latency",
    "clock",
    "disk",
    "weights",
    "server",
    "voice",
    "relay",
)
LEVELS = ("skipped", "ok", "warn", "fail")
"""From best to worst."""
MAX_CHECKS = 32


@dataclass(frozen=True)
class Finding:
    check: str
    level: str
    text: str
    advice: str
    value: float | None
    unit: str


@dataclass(frozen=True)
class Sheet:
    """A commissioning sheet (wire/doctor.v1).

    Attributes:
        digest: SHA-256, in hex, of everything but the signature: what was signed.
    """

    uuid: str
    gate: int
    made_at: datetime
    machine: str
    bridge_version: str
    verdict: str
    findings: tuple[Finding, ...]
    signature: str
    digest: str


def parse_sheet(document):
    read = Reader(document)
    signed = {name: value for name, value in read.document.items() if name != "signature"}
    known = {
        "uuid": read.uuid("uuid"),
        "gate": read.identifier("gate"),
        "made_at": read.moment("made_at"),
        "machine": read.text("machine", high=128),
        "bridge_version": read.text("bridge_version", high=64),
        "verdict": read.one_of("verdict", LEVELS),
        "findings": tuple(
            _finding(item, number)
            for number, item in enumerate(read.objects("checks", low=1, high=MAX_CHECKS))
        ),
        "signature": read.encoded("signature", size=64),
    }
    try:
        digest = hashlib.sha256(canonical(signed)).hexdigest()
    except (ValueError, RecursionError):
        read.fail("checks", "Numbers have at most four decimals and texts are Unicode.")
    return Sheet(**known, digest=digest)


def _finding(document, number):
    read = Reader(document, f"checks.{number}.")
    return Finding(
        check=read.one_of("check", CHECKS),
        level=read.one_of("level", LEVELS),
        text=read.text("text", low=1, high=300),
        advice=read.text("advice", high=300),
        value=read.number("value", low=-MAX_SAFE, high=MAX_SAFE, nullable=True),
        unit=read.text("unit", high=16),
    )
