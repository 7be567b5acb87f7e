"""When somebody came and went: shifts around the clock and around the week, and what goes wrong.

Pure and repeatable: the same person has the same year in every run of a day.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from tests.bench.year.shape import Shape

SHIFTS = {
    "Early": (6.0, 10.0, 10.5, 14.5),
    "Day": (8.0, 12.0, 13.0, 17.0),
    "Late": (14.0, 18.0, 18.5, 22.5),
    "Night": (22.0, 26.0, 26.5, 30.5),
}
"""Hours from midnight: begin, break, back, end; past 24 on the next day."""
KINDS = ("Day", "Early", "Day", "Late", "Night")
"""In turn, so that two of five work by day."""
WORKING_DAYS, LEAVE_DAYS = 5, 14
ABSENT, LATE, BREAK, FORGOTTEN, TWICE, LONG, REFUSED = 0.02, 0.07, 0.72, 0.012, 0.03, 0.06, 0.015


@dataclass(frozen=True)
class Habit:
    """The schedule of an original.

    Attributes:
        shift: a name of SHIFTS.
        first_weekday: Monday is 0; the working week begins here and has WORKING_DAYS.
        leave: first day of a leave of LEAVE_DAYS.
    """

    number: int
    shift: str
    first_weekday: int
    leave: date

    def works(self, day: date) -> bool:
        return (day.weekday() - self.first_weekday) % 7 < WORKING_DAYS


def habit(shape: Shape, number: int) -> Habit:
    chance = random.Random(f"leave {number}")
    latest = max(1, shape.days - LEAVE_DAYS - 10)
    leave = shape.start.date() + timedelta(days=chance.randrange(latest))
    return Habit(number, KINDS[number % len(KINDS)], number % 7, leave)


def seen(shape: Shape, one: Habit) -> Iterator[tuple[datetime, str]]:
    """When a gate saw this person, naive UTC, and what the outcome was; to `shape.now`."""
    chance = random.Random(f"seen {one.number}")
    for number in range(shape.days + 1):
        day = shape.start.date() + timedelta(days=number)
        moments = list(_of_day(chance, day, SHIFTS[one.shift]))
        away = one.leave <= day < one.leave + timedelta(days=LEAVE_DAYS)
        if one.works(day) and not away and chance.random() >= ABSENT:
            yield from (item for item in moments if item[0] <= shape.now)


def _of_day(
    chance: random.Random, day: date, hours: tuple[float, ...]
) -> Iterator[tuple[datetime, str]]:
    begin, pause, back, end = (
        datetime.combine(day, time()) + timedelta(hours=hour) for hour in hours
    )
    came = begin + _minutes(chance, -14, 4)
    if chance.random() < LATE:
        came = begin + _minutes(chance, 6, 45)
    if chance.random() < REFUSED:
        yield came - _minutes(chance, 1, 2), "no_clearance"
    yield came, "identified"
    if chance.random() < TWICE:
        yield came + _minutes(chance, 0.1, 0.8), "identified"
    if chance.random() < BREAK:
        yield pause + _minutes(chance, 0, 6), "identified"
        yield back - _minutes(chance, 0, 5), "identified"
    if chance.random() >= FORGOTTEN:
        late = (40, 100) if chance.random() < LONG else (0, 12)
        yield end + _minutes(chance, *late), "identified"


def _minutes(chance: random.Random, least: float, most: float) -> timedelta:
    return timedelta(milliseconds=round(chance.uniform(least, most) * 60_000))
