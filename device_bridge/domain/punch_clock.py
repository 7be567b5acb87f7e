"""Punches of an existing terminal: what its log says, and when that was.

A terminal writes wall time into an append-only log, in the order in which things happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

_NAMESPACE = UUID("6b1b6d0a-2c55-4f0e-9a4c-6a0f0e7c8b11")
_ONE_STEP_BACK = timedelta(minutes=5)
"""A clock that is set by a few minutes is not the hour that comes twice."""

_IN, _OUT = {0, 3, 4}, {1, 2, 5}
"""Keys of such terminals: check in, out, break out, break in, overtime in, overtime out."""


@dataclass(frozen=True, slots=True)
class TerminalUser:
    """Somebody whom the terminal knows; `name` may be empty."""

    user: str
    name: str


@dataclass(frozen=True, slots=True)
class Punch:
    """A line of the log.

    Attributes:
        user: as the terminal numbers people.
        local: naive wall time of the terminal, to the second.
        key: which key was pressed; on many terminals always 0.
        verified: by what the terminal knew them (1: finger, 0: password …).
    """

    user: str
    local: datetime
    key: int = 0
    verified: int = 0

    @property
    def direction(self) -> str | None:
        return "in" if self.key in _IN else "out" if self.key in _OUT else None


@dataclass(frozen=True, slots=True)
class TerminalPlan:
    """A terminal as Odoo wants it read (wire/config.v1).

    Attributes:
        since: earlier punches are left alone; None: all of them count.
        pressed: the key pressed says the direction; False: it says nothing.
        employees: database ids by the terminal's user.
    """

    id: int
    gate: int
    timezone: ZoneInfo
    since: datetime | None = None
    pressed: bool = False
    employees: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a log has been read.

    Attributes:
        count: lines read.
        last: the last of them; if the log says something else there, it is another log.
        held: how many punches wait of each user until Odoo knows who that is.
        read_at: when the log was last read to its end.
    """

    count: int = 0
    last: Punch | None = None
    held: Mapping[str, int] = field(default_factory=dict)
    read_at: datetime | None = None


def read_terminals(config: Mapping[str, Any]) -> dict[int, TerminalPlan]:
    """`terminals` of wire/config.v1, by id. Raises KeyError, TypeError or ValueError."""
    zones = {gate["id"]: ZoneInfo(gate["timezone"]) for gate in config["gates"]}
    plans = (_read_plan(one, zones) for one in config.get("terminals") or [])
    return {plan.id: plan for plan in plans}


def _read_plan(data: Mapping[str, Any], zones: Mapping[int, ZoneInfo]) -> TerminalPlan:
    since = data["since"]
    return TerminalPlan(
        id=data["id"],
        gate=data["gate"],
        timezone=zones[data["gate"]],
        since=None if since is None else datetime.fromisoformat(since).astimezone(UTC),
        pressed=data["pressed"],
        employees={one["user"]: one["employee"] for one in data["users"]},
    )


def uuid_of(serial: str, punch: Punch) -> str:
    """The same punch of the same terminal has one UUID, whoever reads it how often."""
    said = f"{serial}|{punch.user}|{punch.local.isoformat(timespec='seconds')}"
    return str(uuid5(_NAMESPACE, said))


def dated(punches: Iterable[Punch], timezone: ZoneInfo) -> Iterator[tuple[Punch, datetime]]:
    """Each punch with its UTC time.

    In the hour that comes twice in autumn the log's order tells which one it is: once time
    has gone back in it, the hour is the second.
    """
    before: Punch | None = None
    second = False
    for punch in punches:
        first, again = (
            punch.local.replace(tzinfo=timezone, fold=fold).astimezone(UTC) for fold in (0, 1)
        )
        is_twofold = again > first
        went_back = before is not None and before.local - punch.local > _ONE_STEP_BACK
        second = is_twofold and (second or went_back)
        yield punch, again if second else first
        before = punch


class AnotherLog(Exception):
    """The log does not continue what was read before: it was cleared, or the terminal replaced."""


@dataclass(slots=True)
class Reading:
    """One pass over a terminal's log.

    Attributes:
        mark: how far the log has been read; moves on with every line that is new.
    """

    plan: TerminalPlan
    mark: Mark

    def due(self, log: Iterable[Punch]) -> Iterator[tuple[Punch, datetime, int]]:
        """Punches to note, with their UTC time and the employee: new ones, and earlier ones of
        users whom Odoo knows by now.

        Raises AnotherLog; what was given out until then is right all the same.
        """
        before, number = self.mark, 0
        released = {user for user in before.held if user in self.plan.employees}
        held = {user: count for user, count in before.held.items() if user not in released}
        for number, (punch, at) in enumerate(dated(log, self.plan.timezone), 1):
            is_new = number > before.count
            if number == before.count and punch != before.last:
                raise AnotherLog
            employee = self.plan.employees.get(punch.user)
            counts = self.plan.since is None or at >= self.plan.since
            if is_new:
                if employee is None and counts:
                    held[punch.user] = held.get(punch.user, 0) + 1
                self.mark = replace(self.mark, count=number, last=punch, held=held)
            if employee is not None and counts and (is_new or punch.user in released):
                yield punch, at, employee
        if number < before.count:
            raise AnotherLog
        self.mark = replace(self.mark, held=held)
