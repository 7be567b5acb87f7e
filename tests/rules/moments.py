"""Moments and a working day, for tests of single rules."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from attendance_rules.schedule import Schedule

MONDAY = date(2025, 3, 3)


def at(text: str, day: int = 0) -> datetime:
    """UTC on so many days after MONDAY."""
    return datetime.combine(MONDAY + timedelta(days=day), time.fromisoformat(text), UTC)


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def spans(text: str) -> list[tuple[datetime, datetime]]:
    """ "08:00-12:00 13:00-17:00" on MONDAY."""
    return [tuple(at(clock) for clock in one.split("-")) for one in text.split()]  # type: ignore[misc]


DAY = Schedule([(at("08:00"), at("12:00")), (at("13:00"), at("17:00"))])


LABELLED = Schedule(spans("08:00-12:00 13:00-17:00"), [(at("08:00"), "Early")])
