"""The other bodies of device API v1 as frozen dataclasses: pair, enrolments, erasures, heartbeat.

Every parser raises `Malformed` with the first offending field. Unknown fields are ignored.
"""

import base64
import hashlib
import re
from dataclasses import asdict, dataclass
from datetime import datetime

from .canonical import canonical
from .jwt import SCOPES
from .reader import HASH, MAX_SAFE, Reader

MAX_ENROLMENTS, MAX_ENROLMENTS_BYTES = 20, 2 * 1024 * 1024
MAX_TEMPLATES = 50
MAX_ERASURES = 500
MAX_GATES = 64
MAX_PARKED = 50
ROOMS = ("ok", "low", "full")
MAX_SMALL_BYTES = 64 * 1024
MAX_VECTOR_BYTES = 4 * 4096
MAX_TROUBLES = 16
TROUBLE = re.compile(r"[a-z][a-z0-9_]{0,47}")
DOORS = ("locked", "released", "emergency", "left_open", "forced")
CAMERAS = ("ok", "stalled", "lost", "ended", "starting")
POSES = ("frontal", "left", "right")
MAX_CROP_BYTES = 96 * 1024
JPEG_START, JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
RESOLVERS = ("id", "badge", "email", "external_id")


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


@dataclass(frozen=True)
class Template:
    """`vector` is float32, little-endian, still unchecked but for its size."""

    uuid: str
    model: str
    vector: bytes
    quality: float
    face_px: int
    captured_at: datetime
    pose: str | None = None
    crop: bytes = b""


@dataclass(frozen=True)
class Enrolment:
    """`by` and `value` say whose it is; None for captures of a `session`, which knows."""

    by: str | None
    value: str | None
    source: str
    replace: bool
    templates: tuple[Template, ...]
    session: str | None = None


def parse_enrolment(document):
    read = Reader(document)
    session = read.uuid("session") if read.has("session") else None
    by = value = None
    if not session:
        who = read.child("employee")
        by, value = who.one_of("by", RESOLVERS), who.text("value", low=1, high=256)
    return Enrolment(
        by=by,
        value=value,
        source=read.one_of("source", ("photo", "camera")),
        replace=not session and read.boolean("replace"),
        templates=tuple(
            _template(item, number)
            for number, item in enumerate(read.objects("templates", low=1, high=MAX_TEMPLATES))
        ),
        session=session,
    )


def _template(document, number):
    read = Reader(document, f"templates.{number}.")
    template = {"uuid": read.uuid("uuid"), "model": read.model("model")}
    vector = base64.b64decode(read.encoded("vector"))
    if not vector or len(vector) % 4 or len(vector) > MAX_VECTOR_BYTES:
        read.fail("vector", "float32 values were expected.")
    return Template(
        **template,
        vector=vector,
        quality=read.number("quality", low=0, high=1),
        face_px=read.integer("face_px", low=0, high=100_000),
        captured_at=read.moment("captured_at"),
        pose=read.one_of("pose", POSES, nullable=True) if read.has("pose") else None,
        crop=_crop(read) if read.has("crop") else b"",
    )


def _crop(read):
    """A small JPEG, by its first and last bytes; nobody but a browser ever decodes it."""
    text = read.encoded("crop", nullable=True)
    crop = base64.b64decode(text) if text else b""
    if crop and not (
        crop[:3] == JPEG_START and crop[-2:] == JPEG_END and len(crop) <= MAX_CROP_BYTES
    ):
        read.fail("crop", f"A JPEG of at most {MAX_CROP_BYTES} bytes was expected.")
    return crop


def parse_erasures(document):
    """The UUIDs of the erasures that a device acknowledges."""
    items = Reader(document).objects("erasures", low=1, high=MAX_ERASURES)
    return [Reader(item, f"erasures.{number}.").uuid("uuid") for number, item in enumerate(items)]


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
