"""The status of a day, where the cases would not show it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from attendance_rules.day import Absence, Day, day_status
from attendance_rules.schedule import Schedule

from tests.rules.moments import DAY, MONDAY, at, day

LATER = at("00:00", 9)


def status(
    schedule: Schedule,
    *stays: tuple[datetime, datetime | None],
    date_: date = MONDAY,
    delivered: datetime | None = LATER,
    now: datetime = LATER,
    missing: bool = False,
    **windows: timedelta,
) -> Day:
    absences: list[Absence] = []
    given = (absences, missing, delivered, now, timedelta())
    return day_status(date_, "UTC", schedule, list(stays), *given, **windows)


def test_a_day_without_word_from_a_gate_is_pending() -> None:
    assert status(DAY, delivered=None) == Day(MONDAY, "pending", 0, 0, 8, ("provisional",))
    assert status(DAY) == Day(MONDAY, "absent", 0, 0, 8, ())


def test_minutes_are_counted_only_of_a_day_without_questions() -> None:
    late = (at("08:20"), at("16:00"))
    assert status(DAY, late) == Day(MONDAY, "present", 20, 60, 8, ())
    assert status(DAY, late, missing=True) == Day(MONDAY, "missing_punch", 0, 0, 8, ())
    assert status(DAY, late, delivered=None).flags == ("provisional",)
    assert status(DAY, late, delivered=None).early_min == 0


@pytest.mark.parametrize(
    ("start", "end", "missed"),
    [
        ("06:00", "08:00", True),
        ("06:00", "08:00:01", False),
        ("17:00", "18:00", True),
        ("16:59:59", "18:00", False),
    ],
)
def test_who_shares_no_time_with_a_shift_missed_it(start: str, end: str, missed: bool) -> None:
    assert (status(DAY, (at(start), at(end))).flags == ("shift_missed",)) is missed


def test_how_far_a_stay_belongs_to_a_shift_is_the_company_s_choice() -> None:
    night = Schedule([(at("00:00", 1), at("06:00", 1))])
    early, late = (at("23:30"), at("23:40")), (at("06:30", 1), at("06:40", 1))
    short = {"early": timedelta(minutes=10), "late": timedelta(minutes=10)}
    assert status(night, early).status == "off"
    assert status(night, early, **short).status == "present"
    evening = Schedule([(at("16:00"), at("23:00"))])
    after = (at("00:30", 1), at("01:00", 1))
    assert status(evening, after).status == "present"
    assert status(evening, after, **short).status == "absent"
    assert status(night, late, date_=day(1)).status == "present"


def test_an_open_stay_is_the_last_one() -> None:
    stays = [(at("08:00"), None), (at("08:00"), at("08:00"))]
    assert status(DAY, *stays).status == "still_in"
    assert status(DAY, *reversed(stays)).status == "still_in"
