"""A larder in memory: empty at every start, as before anything was kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from device_bridge.domain.lease import Lease


class MemoryLarder:
    """Implements ports.Larder."""

    def __init__(self) -> None:
        self._notes: dict[str, Any] = {}
        self._people: dict[int, dict[str, Any]] = {}
        self._lease: Lease | None = None

    def note(self, name: str) -> Any:
        return self._notes.get(name)

    def put(self, **notes: Any) -> None:
        self._notes.update(notes)

    def people(self) -> list[dict[str, Any]]:
        return list(self._people.values())

    def adopt(
        self,
        people: Sequence[dict[str, Any]],
        gone: Sequence[int],
        cursor: str,
        *,
        reset: bool = False,
    ) -> None:
        if reset:
            self._people.clear()
        for one in gone:
            self._people.pop(one, None)
        self._people.update({one["employee"]: one for one in people})
        self._notes["cursor"] = cursor

    def lease(self) -> Lease | None:
        return self._lease

    def keep_lease(self, lease: Lease) -> None:
        self._lease = lease

    def clear(self) -> None:
        self._notes.clear()
        self._people.clear()
        self._lease = None
