"""How a device is: the body of heartbeat of device API v1.

Every parser raises `Malformed` with the first offending field. Unknown fields are ignored.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from .reader import MAX_SAFE, Reader

MAX_GATES = 64
MAX_PARKED = 50
ROOMS = ("ok", "low", "full")
MAX_TROUBLES = 16
TROUBLE = re.compile(r"[a-z][a-z0-9_]{0,47}")
DOORS = ("locked", "released", "emergency", "left_open", "forced")
CAMERAS = ("ok", "stalled", "lost", "ended", "starting")


@dataclass(frozen=True)
class ParkedEvent:
    """An event that was rejected, as the device keeps it."""

    uuid: str
    chain: str
    seq: int
    gate: int
    captured_at: datetime
    reason: str


@dataclass(frozen=True)
class OutboxHealth:
    """`parked_events` None: an older bridge, which does not tell."""

    pending: int
    parked: int
    room: int
    room_state: str | None
    chain: str | None
    seq: int | None
    parked_events: tuple[ParkedEvent, ...] | None


@dataclass(frozen=True)
class GateHealth:
    """`door` None: there is none, or the bridge is an older one. `troubles`: such as voice_stuck."""

    id: int
    camera: str
    fps: float
    last_frame_at: datetime | None
    door: str | None = None
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Heartbeat:
    sent_at: datetime
    boot_id: str
    monotonic_ms: int
    clock_offset_ms: int | None
    clock_uncertainty_ms: int | None
    bridge_version: str
    model: str
    config_etag: str | None
    gallery_cursor: str | None
    delivered_through: datetime | None
    outbox: OutboxHealth
    gates: tuple[GateHealth, ...]


def parse_heartbeat(document):
    read = Reader(document)
    known = {
        "sent_at": read.moment("sent_at"),
        "boot_id": read.uuid("boot_id"),
        "monotonic_ms": read.integer("monotonic_ms", low=0),
        "clock_offset_ms": read.integer("clock_offset_ms", nullable=True),
        "clock_uncertainty_ms": read.integer("clock_uncertainty_ms", low=0, nullable=True),
        "bridge_version": read.text("bridge_version", high=64),
        "model": read.model("model"),
        "config_etag": read.text("config_etag", high=128, nullable=True),
        "gallery_cursor": read.text("gallery_cursor", high=128, nullable=True),
        "delivered_through": read.moment("delivered_through", nullable=True),
    }
    known["outbox"] = _outbox_health(read.child("outbox"))
    known["gates"] = tuple(
        _gate_health(item, number)
        for number, item in enumerate(read.objects("gates", high=MAX_GATES))
    )
    return Heartbeat(**known)


def _outbox_health(read):
    told = read.document
    return OutboxHealth(
        pending=read.integer("pending", low=0),
        parked=read.integer("parked", low=0),
        room=read.integer("room", low=0) if "room" in told else 0,
        room_state=read.one_of("room_state", ROOMS) if "room_state" in told else None,
        chain=read.uuid("chain") if "chain" in told else None,
        seq=read.integer("seq", low=0) if "seq" in told else None,
        parked_events=tuple(
            _parked_event(item, number)
            for number, item in enumerate(read.objects("parked_events", high=MAX_PARKED))
        )
        if "parked_events" in told
        else None,
    )


def _parked_event(document, number):
    read = Reader(document, f"outbox.parked_events.{number}.")
    return ParkedEvent(
        uuid=read.uuid("uuid"),
        chain=read.uuid("chain"),
        seq=read.integer("seq", low=1),
        gate=read.identifier("gate"),
        captured_at=read.moment("captured_at"),
        reason=read.text("reason", low=1, high=64),
    )


def _gate_health(document, number):
    read = Reader(document, f"gates.{number}.")
    return GateHealth(
        id=read.identifier("id"),
        camera=read.one_of("camera", CAMERAS),
        fps=read.number("fps", low=0, high=MAX_SAFE),
        last_frame_at=read.moment("last_frame_at", nullable=True),
        door=read.one_of("door", DOORS, nullable=True) if "door" in document else None,
        troubles=_troubles(read) if "troubles" in document else (),
    )


def _troubles(read):
    """Words of ours: they are shown."""
    troubles = read.objects("troubles", high=MAX_TROUBLES)
    if not all(isinstance(one, str) and TROUBLE.fullmatch(one) for one in troubles):
        read.fail("troubles", "Words such as voice_stuck were expected.")
    return tuple(troubles)
