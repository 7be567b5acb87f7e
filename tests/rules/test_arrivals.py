"""How a day fills up, beside how it usually does."""

from __future__ import annotations

import pytest
from attendance_rules import arrivals
from hypothesis import given
from hypothesis import strategies as st

counts = st.dictionaries(st.integers(0, arrivals.STEPS - 1), st.integers(0, 50), max_size=8)


@given(counts)
def test_a_curve_never_falls_and_ends_with_everybody(day: dict[int, int]) -> None:
    curve = arrivals.curve(day)
    assert len(curve) == arrivals.STEPS
    assert curve == sorted(curve)
    assert curve[-1] == sum(day.values())


@pytest.mark.parametrize(
    ("days", "at_nine"),
    [
        ({}, None),
        ({"a": {}}, None),
        ({"a": {35: 4}}, 4),
        ({"a": {35: 4}, "holiday": {}}, 4),
        ({"a": {35: 1}, "b": {35: 5}, "odd": {30: 100}}, 5),
        ({"a": {35: 4}, "b": {40: 6}}, 2),
    ],
    ids=["no day", "nobody ever", "one day", "a holiday is no day", "median", "between two"],
)
def test_usual_is_the_median_of_days_on_which_somebody_came(
    days: dict[str, dict[int, int]], at_nine: float | None
) -> None:
    usual = arrivals.usual(days)
    assert (usual and usual[35]) == at_nine
