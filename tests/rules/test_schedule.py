"""Work intervals as shifts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attendance_rules.schedule import Schedule, merge

from tests.rules.moments import DAY, at, spans


@pytest.mark.parametrize(
    ("intervals", "merged"),
    [
        ("08:00-12:00 13:00-17:00", "08:00-12:00 13:00-17:00"),
        ("13:00-17:00 08:00-12:00", "08:00-12:00 13:00-17:00"),
        ("08:00-12:00 12:00-17:00", "08:00-17:00"),
        ("08:00-12:00 12:00:01-17:00", "08:00-17:00"),
        ("08:00-12:00 12:00:02-17:00", "08:00-12:00 12:00:02-17:00"),
        ("08:00-12:00 09:00-10:00", "08:00-12:00"),
        ("08:00-12:00 11:00-13:00", "08:00-13:00"),
        ("08:00-08:00 09:00-10:00", "09:00-10:00"),
        ("12:00-08:00 13:00-14:00", "13:00-14:00"),
        ("08:00-09:00 08:30-08:30", "08:00-09:00"),
    ],
)
def test_pieces_that_touch_are_one(intervals: str, merged: str) -> None:
    assert merge(spans(intervals)) == spans(merged)


@pytest.mark.parametrize(
    ("intervals", "shifts"),
    [
        ("08:00-12:00 13:00-17:00", 1),
        ("08:00-12:00 14:00-17:00", 1),
        ("08:00-12:00 14:00:01-17:00", 2),
        ("01:00-03:00 05:00-07:00 09:00-11:00", 1),
    ],
)
def test_a_break_of_more_than_two_hours_makes_two_shifts(intervals: str, shifts: int) -> None:
    assert len(Schedule(spans(intervals)).shifts) == shifts


@pytest.mark.parametrize(("hours", "shifts"), [(25, 1), (25.01, 0)])
def test_work_longer_than_a_day_is_no_shift(hours: float, shifts: int) -> None:
    assert len(Schedule([(at("00:00"), at("00:00") + timedelta(hours=hours))]).shifts) == shifts


@pytest.mark.parametrize(
    ("moment", "inside"),
    [("07:59", False), ("11:59", False), ("12:00", True), ("12:59", True), ("13:00", False)],
)
def test_a_break_begins_when_work_ends_and_ends_when_work_begins(moment: str, inside: bool) -> None:
    assert DAY.shifts[0].is_break(at(moment)) is inside


@pytest.mark.parametrize(
    ("moment", "start"),
    [
        ("02:59", None),
        ("03:00", "06:00"),
        ("06:00", "06:00"),
        ("10:00", "06:00"),
        ("12:29", "06:00"),
        ("12:30", "15:00"),
        ("15:00", "15:00"),
        ("19:00", "15:00"),
        ("23:30", "15:00"),
    ],
)
def test_between_two_shifts_the_nearer_one_counts(moment: str, start: str | None) -> None:
    schedule = Schedule(spans("06:00-10:00 15:00-19:00"))
    found = schedule.shift_at(at(moment), early=timedelta(hours=3), late=timedelta(hours=6))
    assert (found.start if found else None) == (at(start) if start else None)


def test_a_departure_belongs_to_a_shift_for_exactly_so_long() -> None:
    limits = {"early": timedelta(0), "late": timedelta(hours=1)}
    assert DAY.shift_at(at("18:00"), **limits)
    assert DAY.shift_at(at("18:00:01"), **limits) is None
    assert DAY.shift_at(at("07:59:59"), **limits) is None


def test_a_shift_bears_the_name_that_the_roster_gives_its_start() -> None:
    labels = [(at("13:00"), "later"), (at("08:00"), "Early"), (at("17:00"), "after")]
    assert Schedule(spans("08:00-12:00 13:00-17:00"), labels).shifts[0].label == "Early"
    assert Schedule(spans("08:00-12:00"), [(at("12:00"), "after")]).shifts[0].label is None
    assert Schedule(spans("08:00-12:00"), [(at("11:59"), "inside")]).shifts[0].label == "inside"
    assert DAY.shifts[0].label is None
