"""The SVM head: incremental, with rejection, and nothing of the erased left in it."""

from __future__ import annotations

import numpy as np
import pytest

from device_bridge.adapters.svm import SVM_THRESHOLD, SvmGallery
from device_bridge.domain.template import Person, Vectors
from device_bridge.errors import ModelMismatch
from tests.evaluation.synthetic import DIMENSION, crowd


def people(count: int, seed: int = 0) -> list[Person]:
    collection = crowd(count, 4, seed=seed)
    vectors = np.stack([sample.vector for sample in collection.samples]).reshape(count, 4, -1)
    return [Person(who, f"p{who}", vectors[who, :3]) for who in range(count)]


def probe(who: int, seed: int = 0, of: int = 20) -> Vectors:
    collection = crowd(of, 4, seed=seed)
    vector: Vectors = collection.samples[4 * who + 3].vector[None]
    return vector


def gallery_of(everybody: list[Person]) -> SvmGallery:
    gallery = SvmGallery("test", DIMENSION)
    gallery.update(everybody, [])
    return gallery


def test_everybody_is_found_and_a_stranger_is_rejected() -> None:
    gallery = gallery_of(people(20))
    for who in range(20):
        [found] = gallery.search(probe(who))
        assert found is not None
        assert found.person.employee == who
        assert found.similarity >= SVM_THRESHOLD
    [stranger] = gallery.search(probe(3, seed=77))
    assert stranger is not None
    assert stranger.similarity < SVM_THRESHOLD


def test_somebody_new_is_fitted_alone() -> None:
    gallery = gallery_of(people(19))
    before = gallery._fitted.weights.copy()
    gallery.update(people(20)[19:], [])
    assert len(gallery) == 20
    assert np.array_equal(gallery._fitted.weights[:19], before)
    [found] = gallery.search(probe(19))
    assert found is not None
    assert found.person.employee == 19


def test_fitting_everybody_anew_makes_the_new_ones_negatives_too() -> None:
    gallery = gallery_of(people(19))
    gallery.update(people(20)[19:], [])
    before = gallery._fitted.weights.copy()
    gallery.refit()
    assert not np.array_equal(gallery._fitted.weights[:19], before[:19])
    [found] = gallery.search(probe(19))
    assert found is not None
    assert found.person.employee == 19


def test_nothing_of_somebody_erased_stays_behind() -> None:
    gallery = gallery_of(people(20))
    gallery.update([], [7])
    assert gallery._bank is not None
    assert 7 not in gallery._bank[1]
    assert len(gallery) == 19
    for one, weights, _ in gallery._machines.values():
        assert np.array_equal(weights, gallery._fit(one)[0]), "fitted against the erased"
    [found] = gallery.search(probe(7))
    assert found is not None
    assert found.person.employee != 7


def test_one_person_alone_is_found_by_closeness() -> None:
    gallery = gallery_of(people(1))
    [found] = gallery.search(probe(0))
    [stranger] = gallery.search(probe(3, seed=77))
    assert found is not None
    assert stranger is not None
    assert found.margin is None
    assert found.similarity > stranger.similarity


def test_an_empty_gallery_has_no_candidate() -> None:
    assert SvmGallery("test", DIMENSION).search(probe(0)) == [None]
    gallery = gallery_of(people(5))
    gallery.update([], [], reset=True)
    assert gallery.search(probe(0)) == [None]


def test_templates_of_another_kind_are_refused() -> None:
    gallery = gallery_of(people(5))
    with pytest.raises(ModelMismatch):
        gallery.update([Person(9, "odd", np.ones((1, 3), np.float32))], [])
    assert len(gallery) == 5
