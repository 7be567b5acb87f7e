"""How big the company is, and what stands in Odoo's place of a year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

OFFICER, SMALL_OFFICER, PASSWORD = "officer", "small-officer", "for-this-run-only"
DEPARTMENT_SIZE = 40
TEAM = "Department 01"
"""Its people are the small officer's, everybody else's are the officer's."""


@dataclass(frozen=True)
class Shape:
    """What is made.

    Attributes:
        people: employees, ids in no particular order; their badges are Y0000, Y0001 …
        originals: so many of them have a year of their own, derived event by event. Every
            other person's year is a copy of one of these, at another gate.
        events: of everybody, strangers and refused ones included.
        now: naive UTC, the moment at which the year ends.
    """

    people: int
    originals: int
    gates: int
    days: int
    events: int
    now: datetime

    @property
    def start(self) -> datetime:
        return (self.now - timedelta(days=self.days)).replace(
            hour=0, minute=0, second=0, microsecond=0
        )


def whole(now: datetime) -> Shape:
    """The company of which the benchmark speaks."""
    return Shape(people=1000, originals=35, gates=15, days=365, events=900_000, now=now)


def small(now: datetime) -> Shape:
    """A few weeks of a few people, made the same way."""
    return Shape(people=21, originals=7, gates=3, days=21, events=1300, now=now)
