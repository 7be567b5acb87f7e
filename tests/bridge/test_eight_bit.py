"""The 8-bit scan: what it leaves out never matters."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper

from device_bridge.adapters.vector.eight_bit import SCAN_ONNX, EightBitGallery, encode
from device_bridge.domain.block import block_of
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.domain.template import Person, Vectors

DIMENSION = 128


def crowd(seed: int, people: int, likeness: float, dimension: int = DIMENSION) -> list[Person]:
    """People who resemble each other as much as `likeness` says, two templates each."""
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((2 * people, dimension)) / dimension**0.5
    vectors = likeness * unit(rng.standard_normal(dimension)) + vectors
    rows = unit(vectors)
    return [Person(who, str(who), rows[2 * who : 2 * who + 2]) for who in range(people)]


def unit(vectors: Vectors | np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Vectors:
    rows: Vectors = (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)
    return rows


def answers(gallery: MatrixGallery, probes: Vectors) -> list[tuple[int, float, float | None]]:
    found = [candidate for candidate in gallery.search(probes) if candidate]
    return [(one.person.employee, one.similarity, one.margin) for one in found]


@pytest.mark.parametrize("likeness", [0, 1, 3, 30], ids="likeness {}".format)
def test_the_answer_is_that_of_the_exact_search_for_every_probe(likeness: float) -> None:
    people = crowd(1, 3000, likeness)
    exact = MatrixGallery("test", DIMENSION, block_rows=1000)
    scanned = EightBitGallery("test", DIMENSION, from_templates=1, block_rows=1000)
    for gallery in (exact, scanned):
        gallery.update(people, [])
    known = np.concatenate([person.vectors[:1] for person in people[:100]])
    strangers = np.concatenate([one.vectors[:1] for one in crowd(2, 100, likeness)])
    noise = np.random.default_rng(3).standard_normal(known.shape) * 0.01
    for probes in (known, strangers, unit(known + noise)):
        for one, other in zip(answers(exact, probes), answers(scanned, probes), strict=True):
            assert one[0] == other[0]
            assert one[1:] == pytest.approx(other[1:], abs=1e-6)


@pytest.mark.parametrize("axis", [0, None], ids=["in one dimension", "spread"])
def test_what_everybody_shares_leaves_few_to_be_compared_again(axis: int | None) -> None:
    """Dlib's templates of two people have a similarity of 0.8: what is shared counts most."""
    rows = np.random.default_rng(1).standard_normal((20_000, DIMENSION)) / DIMENSION**0.5
    rows[:, axis] += 2 if axis == 0 else 2 / DIMENSION**0.5
    block = block_of([Person(1, "1", unit(rows))], DIMENSION)
    scanned = EightBitGallery("test", DIMENSION, from_templates=1)
    scores = np.empty(len(rows), np.float32)
    bound = scanned._scan(encode(block), unit(rows[7]), scores)
    told = np.abs(scores - block.matrix @ unit(rows[7])).max()
    assert told <= bound <= 0.01


@given(st.integers(0, 10**6), st.floats(0, 10), st.integers(2, 200))
@settings(deadline=None, max_examples=50)
def test_the_error_of_a_code_stays_within_its_bound(
    seed: int, likeness: float, dimension: int
) -> None:
    people = crowd(seed, 20, likeness, dimension)
    coded = encode(block_of(people, dimension))
    told = coded.codes.T.astype(np.float64) * coded.scale
    shared = coded.along[:, None].astype(np.float64) * coded.shared
    assert np.linalg.norm(coded.block.matrix - shared - told, axis=1).max() <= coded.error + 1e-6
    assert np.linalg.norm(told, axis=1).max() <= coded.reach + 1e-6


def test_a_small_gallery_is_searched_in_float32() -> None:
    gallery = EightBitGallery("test", DIMENSION, from_templates=100)
    gallery.update(crowd(1, 49, 1), [])
    assert not gallery._coded
    gallery.update(crowd(1, 50, 1), [])
    assert gallery._coded
    gallery.update([], list(range(10)))
    assert not gallery._coded


def test_an_update_codes_only_the_blocks_that_it_touches() -> None:
    gallery = EightBitGallery("test", DIMENSION, from_templates=1, block_rows=100)
    gallery.update(crowd(1, 500, 1), [])
    before = set(gallery._coded)
    gallery.update(crowd(2, 1, 1), [])
    assert len(before - set(gallery._coded)) == 1


def test_codes_of_somebody_erased_are_gone() -> None:
    gallery = EightBitGallery("test", DIMENSION, from_templates=1)
    gallery.update(crowd(1, 50, 1), [])
    gallery.update([], [7])
    [coded] = gallery._coded.values()
    assert coded.codes.shape == (DIMENSION, 98)


def test_the_scan_is_one_product_of_whole_numbers() -> None:
    """The bytes in the module are those that ONNX itself writes for this graph."""
    tensor, element = helper.make_tensor_value_info, onnx.TensorProto
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["probe", "codes"], ["products"])],
        "scan",
        [
            tensor("probe", element.UINT8, ["n", "d"]),
            tensor("codes", element.INT8, ["d", "rows"]),
        ],
        [tensor("products", element.INT32, ["n", "rows"])],
    )
    opset = [helper.make_opsetid("", 13)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8, producer_name="")
    assert model.SerializeToString() == SCAN_ONNX
