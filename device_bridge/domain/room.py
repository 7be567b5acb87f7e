"""How much more an outbox can take, known long before it is full.

An event that was not delivered is never given up to make room: what Odoo has goes first,
then nobody new is let in, because nobody is greeted whose event is not on the disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

EVENT_BYTES = 1500
"""Of one event with its indexes: 1.2 kB measured (tests/bench, drain), more with a challenge."""
LOW_EVENTS = 50_000
"""Five days at 10,000 events a day: time enough for somebody to come by."""


class RoomState(StrEnum):
    """As on the wire (heartbeat.v1)."""

    OK = "ok"
    LOW = "low"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Room:
    """How many more events can be kept, as far as it can be told."""

    events: int

    @property
    def state(self) -> RoomState:
        if self.events <= 0:
            return RoomState.FULL
        return RoomState.LOW if self.events < LOW_EVENTS else RoomState.OK


def room(*, used_bytes: int, most_bytes: int, free_bytes: int, reserve_bytes: int) -> Room:
    """What is left until one of both limits.

    Args:
        used_bytes: of the outbox's file, without pages that are free to be used again.
        most_bytes: that it may take.
        free_bytes: of the disk, as far as this user may fill it.
        reserve_bytes: of the disk that are left to everything else.
    """
    left_bytes = min(most_bytes - used_bytes, free_bytes - reserve_bytes)
    return Room(max(0, left_bytes // EVENT_BYTES))
