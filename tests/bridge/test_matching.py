"""Deciding on a candidate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_bridge.domain.event import Outcome
from device_bridge.domain.matching import accept, distance
from device_bridge.domain.template import Candidate
from tests.builders import person


@pytest.mark.parametrize(
    ("similarity", "margin", "outcome"),
    [
        pytest.param(0.97, 0.05, Outcome.IDENTIFIED, id="close and alone"),
        pytest.param(0.97, None, Outcome.IDENTIFIED, id="close, nobody else enrolled"),
        pytest.param(0.95, 0.02, Outcome.IDENTIFIED, id="both bounds are included"),
        pytest.param(0.97, 0.019, Outcome.AMBIGUOUS, id="two people as close"),
        pytest.param(0.949, 0.05, Outcome.NO_CANDIDATE, id="too far"),
        pytest.param(0.949, 0.0, Outcome.NO_CANDIDATE, id="a stranger like two people"),
        pytest.param(float("nan"), 0.05, Outcome.NO_CANDIDATE, id="no number"),
        pytest.param(0.97, float("nan"), Outcome.AMBIGUOUS, id="no number as margin"),
    ],
)
def test_accept(similarity: float, margin: float | None, outcome: Outcome) -> None:
    assert accept(Candidate(person(1), similarity, margin), 0.95, 0.02) is outcome


def test_a_twin_is_never_named_by_face_alone_however_close() -> None:
    twin = Candidate(person(1, second_factor=True), 0.99, 0.3)
    assert accept(twin, 0.95, 0.02) is Outcome.AMBIGUOUS
    assert accept(twin, 0.995, 0.02) is Outcome.NO_CANDIDATE


def test_nobody_is_no_candidate() -> None:
    assert accept(None) is Outcome.NO_CANDIDATE


@given(st.floats(-1, 1), st.floats(0, 2))
def test_agreement_of_both_measures_is_the_stricter_of_both(
    similarity: float, max_distance: float
) -> None:
    candidate = Candidate(person(1), similarity, None)
    both = accept(candidate, 0.9, 0, max_distance) is Outcome.IDENTIFIED
    assert both == (similarity >= 0.9 and distance(similarity) <= max_distance)


@given(st.integers(0, 10**6))
def test_the_distance_is_that_of_the_unit_vectors(seed: int) -> None:
    one, other = np.random.default_rng(seed).standard_normal((2, 128))
    one, other = one / np.linalg.norm(one), other / np.linalg.norm(other)
    assert distance(float(one @ other)) == pytest.approx(np.linalg.norm(one - other))


@given(st.floats(-1, 1), st.floats(0, 2), st.floats(-1, 1), st.floats(0, 1))
def test_being_closer_or_clearer_never_loses_an_identification(
    similarity: float, margin: float, threshold: float, least: float
) -> None:
    if accept(Candidate(person(1), similarity, margin), threshold, least) is Outcome.IDENTIFIED:
        closer = Candidate(person(1), min(similarity + 0.1, 1), margin + 0.1)
        assert accept(closer, threshold, least) is Outcome.IDENTIFIED
