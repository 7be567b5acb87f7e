"""The numbers of evaluate, on people whose truth is known."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from device_bridge.adapters.svm import SVM_THRESHOLD, SvmGallery
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.domain.template import Candidate, Person
from device_bridge.errors import SettingsError
from device_bridge.evaluation.identify import evaluate
from device_bridge.evaluation.searches import Decision, agreement
from device_bridge.evaluation.splits import Draw
from tests.evaluation.synthetic import DIMENSION, crowd, unit

KEYS = {
    "fta",
    "fte",
    "rank1",
    "tpir_at_fpir0",
    "tpir_at_fpir_0.01",
    "fnir_at_default_threshold",
    "fpir_at_default_threshold",
    "threshold",
    "n_people",
    "n_genuine",
    "n_impostor",
}
DECISION = Decision(0.9, 0.01)


def nearest() -> MatrixGallery:
    return MatrixGallery("test", DIMENSION)


def test_the_report_has_every_key_and_is_json() -> None:
    report = evaluate(crowd(12, 6), Draw(), nearest, DECISION).report
    assert set(report) >= KEYS
    assert json.loads(json.dumps(report, allow_nan=False))["n_people"] == 12


def test_people_who_are_far_apart_are_told_apart() -> None:
    report = evaluate(crowd(12, 6), Draw(strangers=4, splits=5), nearest, DECISION).report
    assert report["rank1"] == report["tpir_at_fpir0"] == 1
    assert report["fpir_at_default_threshold"] == report["fnir_at_default_threshold"] == 0
    assert (report["n_genuine"], report["n_impostor"]) == (5 * 8 * 3, 5 * 4 * 6)
    assert report["intervals"]["tpir_at_fpir0"][0] == pytest.approx(0.025 ** (1 / 12))


def test_people_who_cannot_be_told_apart_are_not() -> None:
    report = evaluate(crowd(12, 6, spread=50), Draw(), nearest, DECISION).report
    assert report["tpir_at_fpir0"] < 0.2
    assert report["rank1"] < 0.4


def test_an_optimistic_threshold_is_shown_beside_one_from_other_splits() -> None:
    report = evaluate(crowd(20, 6, spread=1.2), Draw(splits=10), nearest, DECISION).report
    fixed = report["fixed_on_other_splits"]["fpir_0"]
    assert fixed["tpir"] < report["tpir_at_fpir0"]


def test_votes_of_different_photos_find_whom_single_photos_miss() -> None:
    faint = crowd(12, 13, spread=1.0)
    single = evaluate(faint, Draw(), nearest, DECISION).report
    voted = evaluate(faint, Draw(frames=5), nearest, replace(DECISION, votes=2)).report
    assert voted["tpir_at_fpir0"] > single["tpir_at_fpir0"]


def test_without_strangers_there_is_no_fpir() -> None:
    report = evaluate(crowd(5, 6), Draw(strangers=0), nearest, DECISION).report
    assert report["tpir_at_fpir0"] is None
    assert report["fpir_at_default_threshold"] is None


def test_the_gate_counts_refusals_per_reason_and_off_does_not() -> None:
    people = crowd(8, 6)
    people.samples[0] = replace(people.samples[0], to_match=("dark", "blurred"))
    people.faceless.append("p1/9.png")
    people.photos[1] += 1
    off = evaluate(people, Draw(), nearest, DECISION).report
    gate = evaluate(people, Draw(), nearest, DECISION, quality="gate").report
    assert (off["fta"], gate["fta"]) == (1 / 49, 2 / 49)
    assert gate["acquisition"] == off["acquisition"]
    assert gate["acquisition"]["gate"]["to_match"] == {"blurred": 1, "dark": 1, "no_face": 1}


def test_somebody_who_cannot_be_enrolled_counts_as_fte() -> None:
    people = crowd(8, 6)
    for index in range(4):
        people.samples[index] = replace(people.samples[index], to_enrol=("too_far",))
    report = evaluate(people, Draw(), nearest, DECISION, quality="gate").report
    assert report["fte"] == 1 / 8
    assert report["too_few_photos"] == ["p0"]


def test_somebody_with_too_few_photos_is_named() -> None:
    report = evaluate(crowd(5, [6, 6, 6, 6, 3]), Draw(), nearest, DECISION).report
    assert report["too_few_photos"] == ["p4"]


def test_the_svm_rejects_strangers_and_finds_people() -> None:
    report = evaluate(
        crowd(12, 6),
        Draw(splits=3),
        lambda: SvmGallery("test", DIMENSION),
        Decision(SVM_THRESHOLD, 0),
    ).report
    assert report["rank1"] == 1
    assert report["fpir_at_default_threshold"] < 0.2


@pytest.mark.parametrize("quality", ["on", ""])
def test_an_unknown_quality_is_refused(quality: str) -> None:
    with pytest.raises(SettingsError, match="--quality"):
        evaluate(crowd(5, 6), Draw(), nearest, DECISION, quality=quality)


def look(who: int, similarity: float) -> Candidate:
    return Candidate(Person(who, str(who), unit_row()), similarity, 0.1)


def unit_row():  # type: ignore[no-untyped-def]
    import numpy as np

    return unit(np.ones((1, DIMENSION)))


@pytest.mark.parametrize(
    ("looks", "votes", "agreed"),
    [
        pytest.param([(1, 0.9)], 1, (1, 0.9), id="one look"),
        pytest.param([(1, 0.9), (1, 0.8), (2, 0.99)], 2, (1, 0.8), id="two agree"),
        pytest.param([(1, 0.9), (2, 0.8)], 2, (None, -1.0), id="nobody agrees"),
        pytest.param(
            [(1, 0.9), (1, 0.6), (2, 0.8), (2, 0.7)], 2, (2, 0.7), id="the surer of two pairs"
        ),
    ],
)
def test_agreement(
    looks: list[tuple[int, float]], votes: int, agreed: tuple[int | None, float]
) -> None:
    assert agreement([look(*one) for one in looks], votes) == agreed


def test_agreement_of_an_empty_gallery_is_nobody() -> None:
    assert agreement([None, None], 1) == (None, -1.0)
