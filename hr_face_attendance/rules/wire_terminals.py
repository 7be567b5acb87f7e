"""POST /terminals as frozen dataclasses (wire/terminals.v1). Raises `Malformed` with the field."""

from dataclasses import dataclass
from datetime import datetime

from .reader import Reader

MAX_TERMINALS = 64
MAX_UNKNOWN = 200
MAX_TERMINALS_BYTES = 256 * 1024


@dataclass(frozen=True)
class UnknownUser:
    user: str
    name: str
    punches: int


@dataclass(frozen=True)
class TerminalReport:
    """`problem`: in words, None while the terminal answers."""

    id: int
    serial: str | None
    problem: str | None
    clock_offset_ms: int | None
    read_through: datetime | None
    unknown: tuple[UnknownUser, ...]


def parse_terminals(document):
    items = Reader(document).objects("terminals", low=1, high=MAX_TERMINALS)
    return [_terminal(item, number) for number, item in enumerate(items)]


def _terminal(document, number):
    path = f"terminals.{number}."
    read = Reader(document, path)
    return TerminalReport(
        id=read.identifier("id"),
        serial=read.text("serial", high=64, nullable=True),
        problem=read.text("problem", high=256, nullable=True),
        clock_offset_ms=read.integer("clock_offset_ms", nullable=True),
        read_through=read.moment("read_through", nullable=True),
        unknown=tuple(
            _user(item, f"{path}unknown.{place}.")
            for place, item in enumerate(read.objects("unknown", high=MAX_UNKNOWN))
        ),
    )


def _user(document, path):
    read = Reader(document, path)
    return UnknownUser(
        user=read.text("user", low=1, high=64),
        name=read.text("name", high=64),
        punches=read.integer("punches", low=1),
    )
