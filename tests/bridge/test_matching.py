"""Deciding on a candidate."""

from __future__ import annotations

import pytest

from device_bridge.domain.event import Outcome
from device_bridge.domain.matching import accept
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


def test_nobody_is_no_candidate() -> None:
    assert accept(None) is Outcome.NO_CANDIDATE
