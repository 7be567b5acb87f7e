"""A door's lock: when it is released, for how long, and for how many.

Pure: it is told the time and says whether the lock is to be released now. A person admitted
gets an opening of their own unless the gate allows several on one; whoever is admitted while
an opening is under way waits for the next, and nobody waits for long.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

RELOCK_S = 0.5
"""The lock is shut this long between two openings, so that they are two."""

PATIENCE_S = 10.0
"""Whoever has not got their opening within this time has left; it opens for nobody."""

MOST_WAITING = 8


class DoorState(StrEnum):
    """What a heartbeat says of a door (wire/heartbeat.v1)."""

    LOCKED = "locked"
    RELEASED = "released"
    EMERGENCY = "emergency"
    LEFT_OPEN = "left_open"
    FORCED = "forced"


@dataclass(frozen=True, slots=True)
class DoorPolicy:
    """How a gate's door opens, as set in Odoo.

    Attributes:
        pulse_s: how long the lock is released for one opening.
        fail_safe: the lock holds only while it is powered (an escape route); False: it opens
            only while it is powered.
        several: more than one person may pass on one opening.
        left_open_s: with a door contact, after how long an open door has been left open.
        emergency: the door stands open until Odoo says otherwise.
    """

    pulse_s: float = 3.0
    fail_safe: bool = False
    several: bool = False
    left_open_s: float = 20.0
    emergency: bool = False

    def powered(self, *, released: bool) -> bool:
        """Whether the relay is to draw current."""
        return released != self.fail_safe


class Door:
    """One door; the caller sees to it that only one thread at a time uses it."""

    def __init__(self, policy: DoorPolicy) -> None:
        self.policy = policy
        self.openings = 0
        self._waiting: deque[tuple[int, float]] = deque(maxlen=MOST_WAITING)
        self._for: int | None = None
        self._until_s: float | None = None
        self._locked_s = float("-inf")
        self._open_since_s: float | None = None
        self._passed = False
        self._let_open = False

    @property
    def released(self) -> bool:
        return self.policy.emergency or self._until_s is not None

    def admit(self, employee: int, now_s: float) -> None:
        """Somebody may pass. Twice the same person is one opening."""
        if employee == self._for or employee in {who for who, _ in self._waiting}:
            return
        if self._until_s is not None and self.policy.several:
            self._until_s = now_s + self.policy.pulse_s
            return
        self._waiting.append((employee, now_s))

    def contact(self, *, is_open: bool, now_s: float) -> None:
        """What the door contact says; never called where there is none."""
        if is_open and self._open_since_s is None:
            self._open_since_s, self._let_open = now_s, self.released
            self._passed = self._passed or self._until_s is not None
        elif not is_open and self._open_since_s is not None:
            self._open_since_s = None
            if self._passed and not self.policy.several:
                self._lock(now_s)  # through and closed: nobody else slips in behind

    def step(self, now_s: float) -> None:
        """Let time pass: end an opening that is over, begin the next."""
        if self._until_s is not None and now_s >= self._until_s:
            self._lock(now_s)
        while self._waiting and now_s - self._waiting[0][1] > PATIENCE_S:
            self._waiting.popleft()
        if self._until_s is None and self._waiting and self._may_open(now_s):
            self._for, _ = self._waiting.popleft()
            self._until_s, self._passed = now_s + self.policy.pulse_s, False
            self.openings += 1
            if self.policy.several:
                self._waiting.clear()

    def next_s(self) -> float | None:
        """When `step` is to be called at the latest; None if nothing is under way."""
        if self._until_s is not None:
            return self._until_s
        if not self._waiting or not self._is_shut:
            return None
        return self._locked_s + RELOCK_S

    def state(self, now_s: float) -> DoorState:
        if self.policy.emergency:
            return DoorState.EMERGENCY
        if self._open_since_s is not None:
            if not self._let_open:
                return DoorState.FORCED
            if now_s - self._open_since_s > self.policy.left_open_s:
                return DoorState.LEFT_OPEN
        return DoorState.RELEASED if self._until_s is not None else DoorState.LOCKED

    @property
    def _is_shut(self) -> bool:
        """Where each needs an opening of their own, a door that stands open gives none."""
        return self._open_since_s is None or self.policy.several

    def _may_open(self, now_s: float) -> bool:
        return self._is_shut and now_s >= self._locked_s + RELOCK_S

    def _lock(self, now_s: float) -> None:
        self._until_s, self._for, self._locked_s = None, None, now_s
        self._passed = False
