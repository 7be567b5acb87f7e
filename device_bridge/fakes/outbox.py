"""An outbox in memory: chained and signed like the real one, gone with the process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

from device_bridge.domain.event import ChainLink, Sighting, hash_of, write_event
from device_bridge.errors import StorageFull


class MemoryOutbox:
    """Implements ports.Outbox; `full` makes the next commits fail."""

    def __init__(self, device: int, chain: str, sign: Callable[[bytes], bytes]) -> None:
        self._link, self._sign = ChainLink(device, chain), sign
        self._events: dict[str, dict[str, Any]] = {}
        self._pending: dict[str, dict[str, Any]] = {}
        self.parked: dict[str, str] = {}
        self.full = False

    def commit(self, sighting: Sighting, uuid: str | None = None) -> dict[str, Any]:
        if self.full:
            raise StorageFull("The disk is full.")
        uuid = uuid or str(uuid4())
        if uuid in self._events:
            return self._events[uuid]
        event = write_event(sighting, self._link, uuid=uuid, salt=bytes(16), sign=self._sign)
        self._link = self._link.after(hash_of(event))
        self._events[uuid] = self._pending[uuid] = event
        return event

    def find(self, uuid: str) -> dict[str, Any] | None:
        return self._events.get(uuid)

    def pending(self, limit: int) -> list[dict[str, Any]]:
        return list(self._pending.values())[-limit:]

    def waiting(self) -> int:
        return len(self._pending)

    def acknowledge(self, uuids: Sequence[str]) -> None:
        for one in uuids:
            self._pending.pop(one, None)

    def park(self, uuid: str, reason: str) -> None:
        self._pending.pop(uuid)
        self.parked[uuid] = reason

    def retry(self, uuids: Sequence[str] | None = None) -> int:
        again = [one for one in self.parked if uuids is None or one in uuids]
        for uuid in again:
            del self.parked[uuid]
            self._pending[uuid] = self._events[uuid]
        return len(again)
