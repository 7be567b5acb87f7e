"""Who passes which gate when, and the attendance that must come of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

MONDAY = date(2025, 3, 3)
HOURS = (7, 11, 12, 16)
APART_S = 30
"""Between two people at the same hour: nobody waits for anybody at a gate."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One person at one gate; `person` counts from 0."""

    at: datetime
    gate: int
    person: int


@dataclass(frozen=True, slots=True)
class Story:
    """`days` working days of `people`, who come, go to lunch, come back and leave.

    Attributes:
        blind: so many people more pass one gate only, whose machine was switched on without
            a network and never compared its clock: nothing of theirs may be paid.
    """

    people: int
    days: int
    gates: int
    blind: int

    @classmethod
    def of(cls, events: int, gates: int = 20) -> Story:
        """A story of at least so many events."""
        people = 95
        a_day = people * len(HOURS)
        days = max(2, -(-events // a_day))
        return cls(people, days, gates, blind=5)

    def passages(self, gate: int) -> list[Passage]:
        """In the order of time. The last gate is the blind one."""
        found = []
        for day in range(self.days):
            for number, hour in enumerate(HOURS):
                for person in range(self.people + self.blind):
                    if self._gate_of(person, day, number) == gate:
                        found.append(Passage(_at(day, hour, person), gate, person))
        return found

    def _gate_of(self, person: int, day: int, number: int) -> int:
        if person >= self.people:
            return self.gates - 1
        return (person * 7 + day * 3 + number * 5) % (self.gates - 1)

    @property
    def events(self) -> int:
        return (self.people + self.blind) * self.days * len(HOURS)

    def attendance(self) -> set[tuple[int, datetime, datetime]]:
        """(person, check-in, check-out), to the minute of the passage."""
        return {
            (person, _at(day, start, person), _at(day, end, person))
            for person in range(self.people)
            for day in range(self.days)
            for start, end in zip(HOURS[::2], HOURS[1::2], strict=True)
        }


def _at(day: int, hour: int, person: int) -> datetime:
    weeks, weekday = divmod(day, 5)
    on = MONDAY + timedelta(days=7 * weeks + weekday)
    return datetime.combine(on, time(hour), UTC) + timedelta(seconds=APART_S * person)
