"""The event: one encounter as an immutable, chained and signed fact (wire/event.v1).

Pure: keys, salts and identifiers come in as arguments.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from device_bridge.domain.canonical import canonical

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
_OUTSIDE_HASH = {*PERSONAL, "salt", "signature"}


class Outcome(StrEnum):
    """What an encounter came to; all but the first are rejections (ISO/IEC vocabulary)."""

    IDENTIFIED = "identified"
    NO_FACE = "no_face"
    MULTIPLE_FACES = "multiple_faces"
    LOW_QUALITY = "low_quality"
    PRESENTATION_ATTACK = "presentation_attack"
    NO_CANDIDATE = "no_candidate"
    AMBIGUOUS = "ambiguous"
    REFRACTORY = "refractory"
    NO_CLEARANCE = "no_clearance"


class TimeSource(StrEnum):
    """Where a captured time comes from."""

    CLOCK = "clock"
    RECORDING = "recording"


@dataclass(frozen=True, slots=True)
class CaptureTime:
    """When a frame was captured, with the evidence for it.

    Attributes:
        captured_at: aware UTC datetime.
        monotonic_ms: the machine's monotonic clock at the same moment.
        boot_id: identifies the boot that this monotonic clock belongs to.
        clock_offset_ms: server time minus device time as last measured, or None.
        clock_uncertainty_ms: half the round trip of that measurement, or None.
    """

    captured_at: datetime
    monotonic_ms: int
    boot_id: str
    time_source: TimeSource = TimeSource.CLOCK
    clock_offset_ms: int | None = None
    clock_uncertainty_ms: int | None = None

    def seconds_since(self, earlier: CaptureTime) -> float:
        """Time between two captures of one camera, by the clock that cannot jump.

        That is the monotonic clock, and for a recording the recording itself, whose
        pauses are not waited for when it is played.
        """
        if self.time_source is TimeSource.RECORDING:
            return (self.captured_at - earlier.captured_at).total_seconds()
        return (self.monotonic_ms - earlier.monotonic_ms) / 1000


@dataclass(frozen=True, slots=True)
class Sighting:
    """What was seen: the part of an event that the gate decides.

    Attributes:
        similarity, margin: rounded to four decimals on the wire; None if unknown.
        evidence: counts and sizes that explain the decision; never an image.
    """

    gate: int
    outcome: Outcome
    time: CaptureTime
    employee: int | None = None
    template_model: str | None = None
    similarity: float | None = None
    margin: float | None = None
    pad: str | None = "off"
    direction_hint: str | None = None
    evidence: dict[str, Any] | None = None
    source: str = "gate"


@dataclass(frozen=True, slots=True)
class ChainLink:
    """Where the next event of a device goes."""

    device: int
    chain: str
    seq: int = 1
    prev_hash: str = GENESIS

    def after(self, event_hash: str) -> ChainLink:
        return ChainLink(self.device, self.chain, self.seq + 1, event_hash)


def write_event(
    sighting: Sighting,
    link: ChainLink,
    *,
    uuid: str,
    salt: bytes,
    sign: Callable[[bytes], bytes],
) -> dict[str, Any]:
    """The event as it goes on the wire, chained to `link` and signed.

    Args:
        salt: 16 random bytes, kept beside the personal part only.
        sign: Ed25519 over the 32 bytes of the event's hash, returning 64 bytes.
    """
    time = sighting.time
    event: dict[str, Any] = {
        "uuid": uuid,
        "gate": sighting.gate,
        "device": link.device,
        "chain": link.chain,
        "seq": link.seq,
        "prev_hash": link.prev_hash,
        "captured_at": utc_text(time.captured_at),
        "time_source": str(time.time_source),
        "boot_id": time.boot_id,
        "monotonic_ms": time.monotonic_ms,
        "clock_offset_ms": time.clock_offset_ms,
        "clock_uncertainty_ms": time.clock_uncertainty_ms,
        "source": sighting.source,
        "outcome": str(sighting.outcome),
        "employee": sighting.employee,
        "template_model": sighting.template_model,
        "similarity": _rounded(sighting.similarity),
        "margin": _rounded(sighting.margin),
        "pad": sighting.pad,
        "direction_hint": sighting.direction_hint,
        "evidence": sighting.evidence,
        "salt": base64.b64encode(salt).decode(),
    }
    event["commitment"] = commitment_of(event)
    event["signature"] = base64.b64encode(sign(bytes.fromhex(hash_of(event)))).decode()
    return event


def commitment_of(event: dict[str, Any]) -> str:
    """SHA-256 of salt and personal part, hex. Needs the salt."""
    salt = base64.b64decode(event["salt"], validate=True)
    personal = {name: event.get(name) for name in PERSONAL}
    return hashlib.sha256(salt + canonical(personal)).hexdigest()


def hash_of(event: dict[str, Any]) -> str:
    """SHA-256 of everything but personal part, salt and signature, hex."""
    public = {name: value for name, value in event.items() if name not in _OUTSIDE_HASH}
    return hashlib.sha256(canonical(public)).hexdigest()


def utc_text(moment: datetime) -> str:
    """RFC 3339 with milliseconds and Z. Raises ValueError for a naive datetime."""
    if moment.tzinfo is None:
        raise ValueError("a captured time needs a time zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_utc(text: str) -> datetime:
    """The aware datetime of `utc_text`. Raises ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment.astimezone(UTC)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)
