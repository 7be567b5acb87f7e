"""Events of device API v1 as frozen dataclasses (wire/event.v1.schema.json).

Every parser raises `Malformed` with the first offending field. Unknown fields are kept.
"""

from dataclasses import dataclass, field
from datetime import datetime

from .canonical import canonical
from .chain import OUTSIDE_HASH
from .reader import HASH, Reader, is_storable

MAX_EVENTS, MAX_EVENTS_BYTES = 200, 1024 * 1024
MAX_EXTRA_BYTES = 4096
"""How much of what we do not know an event may carry; evidence has the same limit."""

TIME_SOURCES = ("clock", "recording")
SOURCES = ("gate", "kiosk", "roll_call", "terminal", "correction")
OUTCOMES = (
    "identified",
    "no_face",
    "multiple_faces",
    "low_quality",
    "presentation_attack",
    "no_candidate",
    "ambiguous",
    "refractory",
    "no_clearance",
)
PADS = ("off", "bona_fide", "attack", "undecided")
DIRECTIONS = ("in", "out")


@dataclass(frozen=True)
class Event:
    """One encounter. Times are aware UTC; what the source cannot know is None.

    Attributes:
        extra: fields this version does not know, kept because the hash covers them.
        document: the event as it was sent.
    """

    uuid: str
    gate: int
    device: int
    chain: str
    seq: int
    prev_hash: str
    commitment: str
    salt: str | None
    signature: str
    captured_at: datetime
    time_source: str
    boot_id: str
    monotonic_ms: int
    clock_offset_ms: int | None
    clock_uncertainty_ms: int | None
    source: str
    outcome: str
    employee: int | None
    template_model: str | None
    similarity: float | None
    margin: float | None
    pad: str | None
    direction_hint: str | None
    evidence: dict | None
    extra: dict = field(default_factory=dict)
    document: dict = field(default_factory=dict, repr=False, compare=False)


FACTS = tuple(Event.__dataclass_fields__)[:-2]


def parse_event(document):
    read = Reader(document)
    known = {
        "uuid": read.uuid("uuid"),
        "gate": read.identifier("gate"),
        "device": read.identifier("device"),
        "chain": read.uuid("chain"),
        "seq": read.integer("seq", low=1),
        "prev_hash": read.matching("prev_hash", HASH, "A SHA-256 in hex"),
        "commitment": read.matching("commitment", HASH, "A SHA-256 in hex"),
        "salt": read.encoded("salt", size=16, nullable=True),
        "signature": read.encoded("signature", size=64),
        "captured_at": read.moment("captured_at"),
        "time_source": read.one_of("time_source", TIME_SOURCES),
        "boot_id": read.uuid("boot_id"),
        "monotonic_ms": read.integer("monotonic_ms", low=0),
        "clock_offset_ms": read.integer("clock_offset_ms", nullable=True),
        "clock_uncertainty_ms": read.integer("clock_uncertainty_ms", low=0, nullable=True),
        "source": read.one_of("source", SOURCES),
        "outcome": read.one_of("outcome", OUTCOMES),
        "employee": read.identifier("employee", nullable=True),
        "template_model": read.model("template_model", nullable=True),
        "similarity": read.number("similarity", low=-1, high=1, nullable=True),
        "margin": read.number("margin", low=0, high=2, nullable=True),
        "pad": read.one_of("pad", PADS, nullable=True),
        "direction_hint": read.one_of("direction_hint", DIRECTIONS, nullable=True),
        "evidence": _evidence(read),
    }
    if known["outcome"] in ("identified", "no_clearance") and known["employee"] is None:
        read.fail("employee", "This outcome names an employee.")
    if known["outcome"] == "no_candidate" and known["employee"] is not None:
        read.fail("employee", "A stranger has no employee.")
    _check_canonical(read)
    extra = {name: value for name, value in document.items() if name not in known}
    if extra and len(canonical(extra)) > MAX_EXTRA_BYTES:
        read.fail(min(extra), f"Unknown fields may take {MAX_EXTRA_BYTES} bytes together.")
    return Event(**known, extra=extra, document=document)


def _evidence(read):
    evidence = read.take("evidence", nullable=True)
    if evidence is None:
        return None
    if not isinstance(evidence, dict):
        read.fail("evidence", "An object was expected.")
    counts = Reader(evidence, "evidence.")
    for name in ("votes", "frames", "face_px"):
        if name in evidence:
            counts.integer(name, low=0)
    return evidence


def _check_canonical(read):
    """What cannot be hashed or stored is refused field by field, before it is hashed."""
    for name, value in read.document.items():
        try:
            size = len(canonical({name: value}))
        except (ValueError, RecursionError):
            read.fail(name, "Numbers have at most four decimals and texts are Unicode.")
        if not is_storable({name: value}):
            read.fail(name, "This text cannot be stored.")
        if name == "evidence" and size > MAX_EXTRA_BYTES:
            read.fail(name, f"At most {MAX_EXTRA_BYTES} bytes are kept.")


def public_document(event, hidden=OUTSIDE_HASH):
    """What the hash covers, from stored facts (a dict of FACTS plus extra)."""
    public = {name: value for name, value in event.items() if name not in hidden}
    return public | public.pop("extra", {})


def parse_list(document, name, *, high):
    """The unread items of a batch body: events or enrolments."""
    return Reader(document).objects(name, low=1, high=high)


def parse_events(document):
    """The unread events of a batch, and how many the device has left after them (0: none)."""
    read = Reader(document)
    backlog = read.integer("backlog", low=0) if "backlog" in read.document else 0
    return read.objects("events", low=1, high=MAX_EVENTS), backlog
