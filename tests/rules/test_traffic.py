"""How many pass a gate at which hour, on a usual day and when it is busiest."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from attendance_rules import traffic
from hypothesis import given
from hypothesis import strategies as st

TODAY = date(2025, 3, 31)
WEEK = timedelta(weeks=1)
Days = dict[date, dict[int, int]]

hours = st.dictionaries(st.integers(0, 23), st.integers(0, 500), max_size=6)
past = st.dictionaries(
    st.integers(0, 70).map(lambda back: TODAY - timedelta(days=back)), hours, max_size=20
)


@pytest.mark.parametrize(
    ("days", "at_eight"),
    [
        ({}, None),
        ({TODAY: {8: 90}}, None),
        ({TODAY - timedelta(days=1): {8: 90}}, None),
        ({TODAY - 9 * WEEK: {8: 90}}, None),
        ({TODAY - WEEK: {8: 4}}, 4),
        ({TODAY - WEEK: {8: 4}, TODAY - 2 * WEEK: {}}, 4),
        ({TODAY - WEEK: {8: 1}, TODAY - 2 * WEEK: {8: 5}, TODAY - 3 * WEEK: {9: 7}}, 1),
    ],
    ids=[
        "no day",
        "today is not compared with itself",
        "another weekday",
        "too long ago",
        "one day",
        "a holiday is no day",
        "the median",
    ],
)
def test_usual_is_the_median_of_the_same_weekday(days: Days, at_eight: float | None) -> None:
    usual = traffic.usual(days, TODAY)
    assert (usual and usual[8]) == at_eight


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ({}, []),
        ({TODAY: {8: 90}}, []),
        ({TODAY - timedelta(days=31): {8: 90}}, []),
        ({TODAY - timedelta(days=30): {8: 6}, TODAY - WEEK: {8: 2, 17: 5}}, [(8, 4), (17, 2.5)]),
        ({TODAY - WEEK: {8: 6}, TODAY - timedelta(days=1): {}}, [(8, 6)]),
    ],
    ids=["no day", "not today", "too long ago", "an average", "an empty day is no day"],
)
def test_busiest_hours_are_averages_of_the_last_thirty_days(
    days: Days, expected: list[tuple[int, float]]
) -> None:
    assert traffic.busiest(days, TODAY) == expected


@given(past)
def test_busiest_hours_are_at_most_five_and_fall(days: Days) -> None:
    found = traffic.busiest(days, TODAY)
    numbers = [number for _, number in found]
    assert len(found) <= traffic.BUSY_HOURS
    assert numbers == sorted(numbers, reverse=True)
    assert all(numbers)
