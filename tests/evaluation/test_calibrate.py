"""A threshold from a gallery's own similarities, and who is too close to whom."""

from __future__ import annotations

import numpy as np
import pytest

from device_bridge.domain.template import Person
from device_bridge.errors import SettingsError
from device_bridge.evaluation.calibrate import (
    LEAST_PEOPLE,
    Gumbel,
    calibrate,
    fit_gumbel,
    search_scores,
)
from device_bridge.evaluation.wording import calibration
from tests.evaluation.synthetic import DIMENSION, crowd, unit


def gallery(people: int, templates: int = 3, *, spread: float = 0.3, seed: int = 0) -> list[Person]:
    collection = crowd(people, templates, spread=spread, seed=seed)
    vectors = np.stack([sample.vector for sample in collection.samples])
    return [
        Person(who, f"p{who}", vectors[who * templates : (who + 1) * templates])
        for who in range(people)
    ]


def report_of(people: list[Person], target: float = 0.001) -> dict:  # type: ignore[type-arg]
    return calibrate(people, target, [person.display_name for person in people])


def test_scores_are_those_of_everybody_against_everybody_else() -> None:
    people = gallery(7)
    vectors = np.concatenate([person.vectors for person in people])
    owners = np.repeat(np.arange(7), 3)
    scores, closest, genuine = search_scores(vectors, owners)
    for row, (vector, owner) in enumerate(zip(vectors, owners, strict=True)):
        others = [
            (float(vectors[i] @ vector), int(owners[i])) for i in range(21) if owners[i] != owner
        ]
        own = [float(vectors[i] @ vector) for i in range(21) if owners[i] == owner and i != row]
        assert (scores[row], closest[row]) == pytest.approx(max(others))
        assert genuine[row] == pytest.approx(max(own))


def test_a_gumbel_law_is_found_again() -> None:
    found = fit_gumbel(np.tanh(np.random.default_rng(1).gumbel(1.4, 0.05, 20_000)))
    assert (found.location, found.scale) == pytest.approx((1.4, 0.05), rel=0.02)
    assert found.chance_above(found.quantile(0.001)) == pytest.approx(0.001)


def test_the_quantile_of_a_gumbel_law_is_the_textbooks() -> None:
    assert Gumbel(0, 1).quantile(1 - np.exp(-1)) == pytest.approx(0)


def test_a_large_gallery_is_read_off_and_keeps_its_promise() -> None:
    report = report_of(gallery(700), target=0.01)
    assert report["method"] == "quantile"
    strangers = np.concatenate([one.vectors for one in gallery(700, seed=5)])
    held = np.concatenate([one.vectors for one in gallery(700)])
    named = ((strangers @ held.T).max(axis=1) >= report["threshold"]).mean()
    assert 0.003 <= named <= 0.03


def test_a_small_gallery_is_extrapolated_with_a_wider_interval() -> None:
    small, large = report_of(gallery(20), 0.01), report_of(gallery(700), 0.01)
    assert small["method"] == "gumbel"
    assert "Extrapolated" in small["method_in_words"]
    assert np.ptp(small["interval"]) > np.ptp(large["interval"])
    assert small["threshold"] >= small["interval"][1] - 1e-3


def test_twins_are_named_and_do_not_raise_everybodys_threshold() -> None:
    people = gallery(60)
    rng = np.random.default_rng(9)
    alike = unit(people[7].vectors + 0.02 * rng.standard_normal((3, DIMENSION)))
    with_twin = [*people, Person(60, "twin", alike)]
    report, without = report_of(with_twin), report_of(people)
    assert without["too_close"] == []
    assert [{pair["one"], pair["other"]} for pair in report["too_close"]] == [{"p7", "twin"}]
    assert report["threshold"] == pytest.approx(without["threshold"], abs=0.03)
    assert "PIN or badge" in calibration({**report, "model": "test"})


def test_people_without_templates_do_not_matter() -> None:
    people = gallery(20)
    nobody = Person(99, "nobody", np.zeros((0, DIMENSION), np.float32))
    assert report_of([*people, nobody])["n_people"] == 20


def test_one_template_each_is_enough_for_a_threshold_but_not_for_fnir() -> None:
    assert report_of(gallery(20, 1))["fnir_expected"] is None


@pytest.mark.parametrize("target", [0, -1, 0.6, float("nan")])
def test_an_impossible_target_is_refused(target: float) -> None:
    with pytest.raises(SettingsError, match="target-fpir"):
        report_of(gallery(20), target)


def test_too_few_people_are_refused() -> None:
    with pytest.raises(SettingsError, match="keep the default"):
        report_of(gallery(LEAST_PEOPLE - 1))
