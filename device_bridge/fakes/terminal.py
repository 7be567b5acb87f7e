"""A terminal in memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from device_bridge.domain.punch_clock import Mark, Punch, TerminalUser
from device_bridge.errors import TerminalUnreachable


class FakeTerminal:
    """Implements ports.PunchClock.

    Attributes:
        punches: its log.
        down: it does not answer.
        breaks_after: the line breaks after so many lines of the log.
    """

    def __init__(self, local: datetime, serial: str = "A1", *people: TerminalUser) -> None:
        self.local, self._serial, self.people = local, serial, list(people)
        self.punches: list[Punch] = []
        self.down = False
        self.breaks_after: int | None = None

    def serial(self) -> str:
        self._check()
        return self._serial

    def now(self) -> datetime:
        self._check()
        return self.local

    def users(self) -> list[TerminalUser]:
        self._check()
        return list(self.people)

    def log(self) -> Iterator[Punch]:
        self._check()
        for number, punch in enumerate(self.punches):
            if number == self.breaks_after:
                raise TerminalUnreachable("The terminal does not answer.")
            yield punch

    def close(self) -> None: ...

    def _check(self) -> None:
        if self.down:
            raise TerminalUnreachable("The terminal does not answer.")


class MemoryMarks:
    """Implements ports.Marks."""

    def __init__(self) -> None:
        self._marks: dict[int, Mark] = {}

    def load(self, terminal: int) -> Mark:
        return self._marks.get(terminal, Mark())

    def save(self, terminal: int, mark: Mark) -> None:
        self._marks[terminal] = mark
