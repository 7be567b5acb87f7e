"""Who was at a gate a moment ago, so that one visit is not announced twice."""

from __future__ import annotations

from collections import deque
from datetime import datetime

from device_bridge.domain.template import Vectors

SAME_STRANGER_S = 10.0
"""After a restart a stranger seen within this time of one announced before is the same."""


class RecentVisits:
    """Visits within the refractory period; strangers are known by their templates, which
    live in memory for that period only."""

    def __init__(self) -> None:
        self._visits: dict[int, datetime] = {}
        self._strangers: deque[tuple[datetime, Vectors]] = deque(maxlen=32)
        self._stranger_before: datetime | None = None

    def remember(self, employee: int, at: datetime) -> None:
        """A visit; those from before this process may come in any order."""
        self._visits[employee] = max(at, self._visits.get(employee, at))

    def remember_stranger(self, at: datetime) -> None:
        """A stranger announced before this process; whoever is there right after is the same."""
        self._stranger_before = at

    def has(self, employee: int, at: datetime, refractory_s: float) -> bool:
        last = self._visits.get(employee)
        return last is not None and _apart_s(at, last) < refractory_s

    def has_stranger(self, probe: Vectors | None, at: datetime, threshold: float) -> bool:
        """Whether this stranger was announced a moment ago; remembers them if not."""
        before, self._stranger_before = self._stranger_before, None
        if before is not None and _apart_s(at, before) < SAME_STRANGER_S:
            return True
        if probe is None:
            return False
        same = any(float(seen @ probe) >= threshold for _, seen in self._strangers)
        if not same:
            self._strangers.append((at, probe))
        return same

    def forget_strangers(self, at: datetime, refractory_s: float) -> None:
        """Those announced longer ago than the refractory period."""
        while self._strangers and _apart_s(self._strangers[0][0], at) >= refractory_s:
            self._strangers.popleft()

    def __len__(self) -> int:
        """Strangers whose template is held."""
        return len(self._strangers)


def _apart_s(one: datetime, other: datetime) -> float:
    return abs((one - other).total_seconds())
