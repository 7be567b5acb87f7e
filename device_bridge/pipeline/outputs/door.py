"""The thread that keeps one door: it opens for whoever was admitted, and shuts again."""

from __future__ import annotations

import threading
from collections.abc import Callable

from device_bridge.domain.door import Door, DoorPolicy, DoorState
from device_bridge.errors import OutputFailed
from device_bridge.pipeline.outputs.watch import Watch
from device_bridge.ports import Clock, DoorContact, Switch

_LOOK_EVERY_S = 0.2
"""How often the contact and the gate's settings are looked at while nothing happens."""


class DoorKeeper:
    """One door.

    Args:
        policy: how the door opens now; asked all the time, so that an emergency declared in
            Odoo holds as soon as it is synced.
        relay: of the lock.
        contact: None where the door has none.
    """

    def __init__(
        self,
        policy: Callable[[], DoorPolicy],
        relay: Switch,
        clock: Clock,
        contact: DoorContact | None = None,
    ) -> None:
        self._policy, self._relay, self._clock, self._contact = policy, relay, clock, contact
        self._door = Door(DoorPolicy())
        self._changed = threading.Condition()
        self._watch = Watch(clock)
        self._powered: bool | None = None
        self._stopped = False

    def admit(self, employee: int) -> None:
        """Somebody may pass; returns at once."""
        with self._changed:
            self._door.admit(employee, self._clock.monotonic_s())
            self._changed.notify()

    def run(self) -> None:
        """Until `stop`; `rest` comes after. Raises OutputFailed; started again, it begins with a
        locked door."""
        self._powered = None
        while True:
            with self._changed:
                if self._stopped:
                    break
            self._look()
            with self._changed:
                released = self._step()
            self._power(self._door.policy.powered(released=released))
            with self._changed:
                if not self._stopped:
                    self._changed.wait_for(self._is_due, timeout=self._wait_s())

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def rest(self) -> None:
        """No current: locked if the door fails secure, open if it fails safe."""
        self._relay.close()
        if self._contact is not None:
            self._contact.close()

    def state(self) -> DoorState:
        with self._changed:
            return self._door.state(self._clock.monotonic_s())

    @property
    def openings(self) -> int:
        return self._door.openings

    @property
    def trouble(self) -> str | None:
        return self._watch.trouble

    def _look(self) -> None:
        if self._contact is None:
            return
        with self._watch.asked():
            is_open = self._contact.is_open()
        with self._changed:
            self._door.contact(is_open=is_open, now_s=self._clock.monotonic_s())

    def _step(self) -> bool:
        self._door.policy = self._policy()
        self._door.step(self._clock.monotonic_s())
        return self._door.released

    def _is_due(self) -> bool:
        """Whether there is something to do; the thread has the lock."""
        next_s = self._door.next_s()
        return self._stopped or (next_s is not None and next_s <= self._clock.monotonic_s())

    def _wait_s(self) -> float:
        next_s = self._door.next_s()
        if next_s is None:
            return _LOOK_EVERY_S
        return min(max(next_s - self._clock.monotonic_s(), 0.0), _LOOK_EVERY_S)

    def _power(self, powered: bool) -> None:
        if powered == self._powered:
            return
        try:
            with self._watch.asked():
                self._relay.set(on=powered)
        except OutputFailed:
            self._powered = None  # nobody knows how it stands
            raise
        self._powered = powered
