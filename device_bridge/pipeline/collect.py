"""Collect the punches of an existing terminal: from its log into the outbox.

They become events as every other, committed and signed here and delivered at least once;
the terminal's own log is the store of what cannot be noted yet.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from device_bridge.domain.event import CaptureTime, Outcome, Sighting, utc_text
from device_bridge.domain.punch_clock import (
    AnotherLog,
    Mark,
    Punch,
    Reading,
    TerminalPlan,
    uuid_of,
)
from device_bridge.errors import (
    Refused,
    ServerUnreachable,
    TerminalUnreachable,
)
from device_bridge.pipeline.server_time import ServerTime
from device_bridge.ports import Clock, Marks, Outbox, PunchClock, Server

_log = logging.getLogger(__name__)

_BOOTS = UUID("0c9fbb0e-9a52-4a0c-8f11-5f5f8f0a3c55")
_RESOLUTION_MS = 500
"""A terminal tells its time to the second."""

MOST_UNKNOWN = 200


class Collector:
    """Reads one terminal; runs in a thread of its own.

    Args:
        plan: how Odoo wants it read now; None while Odoo does not know the terminal.
        on_commit: called after each punch, to wake the delivery.
    """

    def __init__(
        self,
        terminal: int,
        *,
        plan: Callable[[], TerminalPlan | None],
        punch_clock: PunchClock,
        outbox: Outbox,
        marks: Marks,
        server: Server,
        clock: Clock,
        server_time: ServerTime,
        every_s: float,
        on_commit: Callable[[], None],
    ) -> None:
        self._terminal, self._plan, self._punch_clock = terminal, plan, punch_clock
        self._outbox, self._marks, self._server = outbox, marks, server
        self._clock, self._server_time = clock, server_time
        self._every_s, self._on_commit = every_s, on_commit
        self._serial: str | None = None

    def run(self, stop: threading.Event) -> None:
        """Until `stop`; a terminal that does not answer is asked again."""
        while True:
            self.step()
            if stop.wait(self._every_s):
                return

    def step(self) -> None:
        """Read what is new and tell Odoo how the terminal is. Raises StorageFull."""
        plan = self._plan()
        if plan is None:
            return
        offset, problem = None, None
        try:
            offset = self._offset_ms(plan)
            self._collect(plan, offset)
        except TerminalUnreachable as error:
            problem = str(error)
            _log.warning("terminal_unreachable", extra={"terminal": self._terminal})
        self._tell(offset, problem)

    def read_at(self) -> datetime | None:
        """When the log was last read to its end: nothing earlier is missing from the outbox."""
        return self._marks.load(self._terminal).read_at

    def _collect(self, plan: TerminalPlan, offset: tuple[int, int] | None) -> None:
        begun_at = self._clock.now()
        mark = self._marks.load(self._terminal)
        try:
            mark = self._read(plan, mark, offset)
        except AnotherLog:
            _log.warning("terminal_log_begins_anew", extra={"terminal": self._terminal})
            mark = self._read(plan, Mark(), offset)
        self._marks.save(self._terminal, replace(mark, read_at=begun_at))

    def _read(self, plan: TerminalPlan, mark: Mark, offset: tuple[int, int] | None) -> Mark:
        reading, noted = Reading(plan, mark), 0
        for punch, at, employee in reading.due(self._punch_clock.log()):
            self._commit(plan, punch, at, employee, offset)
            noted += 1
        if noted:
            _log.info("punches_noted", extra={"terminal": self._terminal, "count": noted})
        return reading.mark

    def _commit(
        self,
        plan: TerminalPlan,
        punch: Punch,
        at: datetime,
        employee: int,
        offset: tuple[int, int] | None,
    ) -> None:
        offset_ms, uncertainty_ms = offset or (None, None)
        time = CaptureTime(
            at,
            # the terminal has no other clock than the one on its wall
            max(0, round(at.timestamp() * 1000)),
            str(uuid5(_BOOTS, self._name())),
            clock_offset_ms=offset_ms,
            clock_uncertainty_ms=uncertainty_ms,
        )
        sighting = Sighting(
            gate=plan.gate,
            outcome=Outcome.IDENTIFIED,
            time=time,
            employee=employee,
            pad=None,
            direction_hint=punch.direction if plan.pressed else None,
            evidence={
                "terminal": self._terminal,
                "user": punch.user,
                "key": punch.key,
                "verified": punch.verified,
            },
            source="terminal",
        )
        self._outbox.commit(sighting, uuid_of(self._name(), punch))
        self._on_commit()

    def _name(self) -> str:
        """What this terminal's punches are known by, whichever bridge reads it."""
        if self._serial is None:
            self._serial = self._punch_clock.serial()
        return self._serial or f"terminal {self._terminal}"

    def _offset_ms(self, plan: TerminalPlan) -> tuple[int, int] | None:
        """Server time minus the terminal's, and its uncertainty; None if nobody knows."""
        asked_s = self._clock.monotonic_s()
        local = self._punch_clock.now()
        middle_s = (asked_s + self._clock.monotonic_s()) / 2
        server_at = self._server_time.at(middle_s)
        uncertainty_ms = self._server_time.uncertainty_ms(round(middle_s * 1000))
        if server_at is None or uncertainty_ms is None:
            return None
        told = (local.replace(tzinfo=plan.timezone, fold=fold).astimezone(UTC) for fold in (0, 1))
        apart = min((server_at - one for one in told), key=abs)
        trip_ms = round((middle_s - asked_s) * 1000)
        # cut off to the second, it is half a second later than it says
        return (
            round(apart / timedelta(milliseconds=1)) - _RESOLUTION_MS,
            uncertainty_ms + trip_ms + _RESOLUTION_MS,
        )

    def _tell(self, offset: tuple[int, int] | None, problem: str | None) -> None:
        mark = self._marks.load(self._terminal)
        told = {
            "id": self._terminal,
            "serial": self._serial or None,
            "problem": problem,
            "clock_offset_ms": None if offset is None else offset[0],
            "read_through": None if mark.read_at is None else utc_text(mark.read_at),
            "unknown": [] if problem else self._unknown(mark),
        }
        try:
            self._server.terminals([told])
        except (ServerUnreachable, Refused) as error:
            _log.warning("terminal_not_told", extra={"why": str(error)})

    def _unknown(self, mark: Mark) -> list[dict[str, Any]]:
        """Users whose punches wait until somebody says who they are."""
        if not mark.held:
            return []
        try:
            names = {one.user: one.name for one in self._punch_clock.users()}
        except TerminalUnreachable:
            names = {}
        most = sorted(mark.held.items(), key=lambda one: (-one[1], one[0]))[:MOST_UNKNOWN]
        return [
            {"user": user, "name": names.get(user, ""), "punches": count} for user, count in most
        ]
