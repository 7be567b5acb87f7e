"""Thresholds, rates and intervals, against what can be said without them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_bridge.evaluation import rates

scores = st.lists(st.floats(-1, 1), min_size=1, max_size=200)


@given(scores, st.floats(0, 1))
def test_no_more_strangers_than_asked_are_named_at_the_threshold(
    strangers: list[float], target: float
) -> None:
    values = np.array(strangers)
    threshold = rates.threshold_at_fpir(values, target)
    assert (values >= threshold).mean() <= target


@given(scores, st.floats(0, 0.99))
def test_a_lower_threshold_would_name_more_strangers_than_asked(
    strangers: list[float], target: float
) -> None:
    values = np.array(strangers)
    threshold = rates.threshold_at_fpir(values, target)
    lower = float(values[values < threshold].max())
    assert (values >= lower).mean() > target


def test_without_strangers_nothing_bounds_the_threshold() -> None:
    assert rates.threshold_at_fpir(np.zeros(0), 0) == -1


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [  # Brown, Cai, DasGupta 2001; Newcombe 1998
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (20, 20, 0.8389, 1.0),
    ],
)
def test_wilsons_interval_is_the_published_one(
    successes: int, trials: int, low: float, high: float
) -> None:
    assert rates.wilson(successes, trials) == pytest.approx((low, high), abs=5e-5)


def test_nothing_has_no_interval() -> None:
    assert rates.wilson(0, 0) is None
    assert rates.over_people([], []) is None
    assert rates.share([]) is None


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=80))
def test_the_share_lies_within_its_interval(flags: list[tuple[int, bool]]) -> None:
    people, true = zip(*flags, strict=True)
    interval = rates.over_people(people, true)
    assert interval is not None
    assert 0 <= interval[0] <= sum(true) / len(true) <= interval[1] <= 1


def test_many_photos_of_few_people_do_not_make_one_surer() -> None:
    few = rates.over_people([0] * 500 + [1] * 500, [True] * 1000)
    many = rates.over_people(list(range(1000)), [True] * 1000)
    assert few is not None
    assert many is not None
    assert few[0] == pytest.approx(0.025 ** (1 / 2))
    assert many[0] > 0.99


def test_the_interval_of_a_share_covers_it_in_19_cases_of_20() -> None:
    rng, covered = np.random.default_rng(1), 0
    for _ in range(200):
        of_person = np.clip(rng.normal(0.8, 0.1, 40), 0, 1)
        people = np.repeat(np.arange(40), 10)
        low, high = rates.over_people(
            people.tolist(), (rng.random(400) < of_person[people]).tolist()
        ) or (0, 0)
        covered += low <= 0.8 <= high
    assert 180 <= covered <= 200


@given(scores, scores)
def test_a_det_curve_falls_and_ends_where_everybody_is_named(
    mated: list[float], strangers: list[float]
) -> None:
    right = np.ones(len(mated), bool)
    fpir, fnir = rates.det_curve(np.array(mated), right, np.array(strangers))
    assert (np.diff(fpir) >= 0).all()
    assert (np.diff(fnir) <= 0).all()
    assert fpir[-1] == 1
    assert math.isclose(fnir[-1], 0, abs_tol=1e-12)
