"""Rostered days, repeated and copied, and local days."""

from __future__ import annotations

from datetime import UTC, date, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from attendance_rules.local import date_of, day_of, moment_of, zone_of
from attendance_rules.roster import ShiftType, copied_week, day_pieces, expand, override

from tests.rules.moments import MONDAY, at, day

NIGHT = ShiftType(1, "Night", time(22), time(6))


BRUSSELS = "Europe/Brussels"


@pytest.mark.parametrize(
    ("shift", "pieces"),
    [
        (None, []),
        (ShiftType(1, "Day", time(9), time(17)), [("09:00", 0, "17:00", 0)]),
        (NIGHT, [("22:00", 0, "06:00", 1)]),
        (ShiftType(1, "A day", time(8), time(8)), [("08:00", 0, "08:00", 1)]),
        (ShiftType(1, "Till midnight", time(16), time(0)), [("16:00", 0, "00:00", 1)]),
        (
            ShiftType(1, "Day", time(9), time(17), time(12), time(13)),
            [("09:00", 0, "12:00", 0), ("13:00", 0, "17:00", 0)],
        ),
        (
            ShiftType(1, "Night", time(22), time(6), time(1), time(2)),
            [("22:00", 0, "01:00", 1), ("02:00", 1, "06:00", 1)],
        ),
        (
            ShiftType(1, "Night", time(22), time(6), time(23, 30), time(0, 30)),
            [("22:00", 0, "23:30", 0), ("00:30", 1, "06:00", 1)],
        ),
        (ShiftType(1, "Half a break", time(9), time(17), time(12)), [("09:00", 0, "17:00", 0)]),
        (
            ShiftType(1, "Half a break", time(9), time(17), None, time(12)),
            [("09:00", 0, "17:00", 0)],
        ),
        (
            ShiftType(1, "A break after the end", time(9), time(17), time(18), time(19)),
            [("09:00", 0, "17:00", 0)],
        ),
        (
            ShiftType(1, "A break that ends after the end", time(9), time(17), time(16), time(18)),
            [("09:00", 0, "17:00", 0)],
        ),
        (
            ShiftType(1, "A break the wrong way round", time(9), time(17), time(13), time(12)),
            [("09:00", 0, "17:00", 0)],
        ),
        (
            ShiftType(1, "A break from the start", time(9), time(17), time(9), time(10)),
            [("10:00", 0, "17:00", 0)],
        ),
        (
            ShiftType(1, "A break to the end", time(9), time(17), time(16), time(17)),
            [("09:00", 0, "16:00", 0)],
        ),
        (
            ShiftType(1, "An empty break", time(9), time(17), time(12), time(12)),
            [("09:00", 0, "17:00", 0)],
        ),
    ],
    ids=lambda value: value.name if isinstance(value, ShiftType) else "",
)
def test_a_rostered_day(shift: ShiftType | None, pieces: list[tuple[str, int, str, int]]) -> None:
    expected = [(at(start, first), at(end, last)) for start, first, end, last in pieces]
    assert day_pieces(MONDAY, shift, "UTC") == expected


@pytest.mark.parametrize(
    ("pattern", "start", "end", "keys"),
    [
        ([], 0, 3, []),
        (["E"], 0, 2, ["E", "E", "E"]),
        (["E", "L", None], 0, 4, ["E", "L", None, "E", "L"]),
        (["E", "L", None], 2, 3, [None, "E"]),
        (["E", "L", None], -2, 0, ["L", None, "E"]),
        (["E", "L"], 3, 2, []),
    ],
)
def test_a_pattern_repeats_both_ways_from_its_anchor(
    pattern: list[str | None], start: int, end: int, keys: list[str | None]
) -> None:
    found = expand(pattern, MONDAY, day(start), day(end))
    assert found == {day(start + number): key for number, key in enumerate(keys)}


def test_a_week_is_copied_with_its_gaps_and_nothing_around_it() -> None:
    entries = {day(-1): "x", day(0): "E", day(2): None, day(6): "L", day(7): "x"}
    assert copied_week(entries, MONDAY, day(14)) == {day(14): "E", day(16): None, day(20): "L"}


def test_a_roster_replaces_the_days_it_knows_and_their_nights() -> None:
    nights = [(at("22:00", number), at("06:00", number + 1)) for number in range(3)]
    late = (at("14:00", 1), at("21:00", 1))
    assert override(nights, {day(1): [late]}, "UTC") == [nights[0], late, nights[2]]
    assert override(nights, {day(1): [], day(9): []}, "UTC") == [nights[0], nights[2]]
    assert override(nights, {}, "UTC") == nights
    # 22:00 UTC is the next day in Tokyo
    assert override(nights, {day(2): []}, "Asia/Tokyo") == [nights[0], nights[2]]


def test_a_zone_is_known_by_name_by_itself_and_as_pytz_has_it() -> None:
    zone = ZoneInfo(BRUSSELS)
    like_pytz = type("DstTzInfo", (), {"__str__": lambda self: BRUSSELS})()
    assert zone_of(BRUSSELS) == zone_of(like_pytz) == zone
    assert zone_of(zone) is zone
    assert moment_of(MONDAY, time(8), BRUSSELS) == at("07:00")
    assert moment_of(MONDAY, time(8), BRUSSELS).tzinfo is UTC
    assert date_of(at("23:30"), BRUSSELS) == day(1)
    assert date_of(at("22:30"), BRUSSELS) == day(0)


@pytest.mark.parametrize(
    ("date_", "hours"), [("2025-03-30", 23), ("2025-10-26", 25), ("2025-03-03", 24)]
)
def test_a_local_day_has_its_own_length(date_: str, hours: int) -> None:
    start, end = day_of(date.fromisoformat(date_), BRUSSELS)
    assert end - start == timedelta(hours=hours)
    assert date_of(start, BRUSSELS) == date.fromisoformat(date_)
    assert date_of(start - timedelta(microseconds=1), BRUSSELS) != date.fromisoformat(date_)
