"""What people are told: something for every defect, the most useful first."""

from __future__ import annotations

from pathlib import Path

import pytest

from device_bridge.adapters.console import _SAY
from device_bridge.domain.challenge import Step
from device_bridge.domain.guidance import REMEDIES, Guidance, guidance
from device_bridge.domain.quality import Defect
from tests.builders import ROOT


@pytest.mark.parametrize("defect", Defect)
def test_there_is_something_to_do_about_every_defect(defect: Defect) -> None:
    assert guidance([defect]) is REMEDIES[defect]


@pytest.mark.parametrize(
    ("defects", "say"),
    [
        ((), None),
        ((Defect.TOO_FAR, Defect.BLURRED), Guidance.COME_CLOSER),
        ((Defect.TURNED, Defect.CUT_OFF), Guidance.COME_INTO_VIEW),
        ((Defect.TURNED, Defect.DARK), Guidance.MORE_LIGHT),
        ((Defect.TILTED, Defect.BLURRED), Guidance.HOLD_UPRIGHT),
    ],
)
def test_the_cause_is_said_before_its_consequences(
    defects: tuple[Defect, ...], say: Guidance | None
) -> None:
    assert guidance(defects) is say
    assert guidance(defects[::-1]) is say


@pytest.mark.parametrize("defects", [(), (Defect.DARK,)])
def test_with_two_faces_or_none_nothing_else_matters(defects: tuple[Defect, ...]) -> None:
    assert guidance(defects, faces=2) is Guidance.ONE_PERSON
    assert guidance(defects, faces=0) is Guidance.COME_INTO_VIEW


@pytest.mark.parametrize("step", Step)
def test_every_step_can_be_said(step: Step) -> None:
    assert Guidance(step)


def test_every_code_has_its_words_and_is_documented() -> None:
    assert set(_SAY) == set(Guidance)
    page = (Path(ROOT) / "docs" / "liveness.md").read_text()
    assert [code for code in Guidance if f"`{code}`" not in page] == []
