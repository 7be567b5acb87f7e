"""An outbox in memory: chained and signed like the real one, gone with the process."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from device_bridge.domain.event import ChainLink, Sighting, hash_of, write_event
from device_bridge.errors import StorageFull


class MemoryOutbox:
    """Implements ports.Outbox; `full` makes the next commits fail."""

    def __init__(self, device: int, chain: str, sign: Callable[[bytes], bytes]) -> None:
        self._link, self._sign = ChainLink(device, chain), sign
        self._pending: dict[str, dict[str, Any]] = {}
        self.parked: dict[str, str] = {}
        self.full = False

    def commit(self, sighting: Sighting) -> dict[str, Any]:
        if self.full:
            raise StorageFull("The disk is full.")
        event = write_event(
            sighting, self._link, uuid=str(uuid.uuid4()), salt=bytes(16), sign=self._sign
        )
        self._link = self._link.after(hash_of(event))
        self._pending[event["uuid"]] = event
        return event

    def pending(self, limit: int) -> list[dict[str, Any]]:
        waiting = sorted(self._pending.values(), key=lambda one: (one["captured_at"], one["seq"]))
        return waiting[:limit]

    def waiting(self) -> int:
        return len(self._pending)

    def acknowledge(self, uuids: Sequence[str]) -> None:
        for one in uuids:
            self._pending.pop(one, None)

    def park(self, uuid: str, reason: str) -> None:
        self._pending.pop(uuid)
        self.parked[uuid] = reason
