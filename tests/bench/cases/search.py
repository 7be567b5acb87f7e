"""Exact search against the time it takes to read the same bytes once."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from typing import Any

import numpy as np

from device_bridge.adapters.vector.eight_bit import EightBitGallery
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.domain.template import Person, Vectors
from tests.bench.measure import Result, Setup, Work, interleave

DIMENSION = 128
LIKENESS = 2.0
"""Two people's templates are as similar as dlib's are: 0.8 on average (docs/evaluation.md)."""
GALLERIES = (1_000, 10_000, 100_000, 500_000, 1_000_000)
JUDGED = {100_000: "100k", 500_000: "500k", 1_000_000: "1m"}
MOST_ROUNDS = 60


def measure(setup: Setup) -> Result:
    result = Result(raw={"search": {}, "gallery_update": {}})
    rounds = min(setup.rounds, MOST_ROUNDS)
    for size in GALLERIES:
        people, probe = _crowd(size)
        gallery = EightBitGallery("bench", DIMENSION)
        gallery.update(people, [])
        works: dict[str, Work] = {f"{size:,} templates": _searching(gallery, probe)}
        if size in JUDGED:
            works |= {f"{name}, {size:,}": work for name, work in _readings(gallery).items()}
            plain = MatrixGallery("bench", DIMENSION)
            plain._snapshot = gallery._snapshot
            works[f"{size:,} templates, in float32 only"] = _searching(plain, probe)
        rows = interleave(f"search, {size:,}", works, rounds)
        result.raw["search"] |= rows
        if size in JUDGED:
            result.keys |= _keys(rows, size)
        if size == GALLERIES[-1]:
            result.raw["gallery_update"] = _updates(gallery, people)
        del gallery, people, works
        gc.collect()
    return result


def _crowd(size: int) -> tuple[list[Person], Vectors]:
    """People with one template each, and a probe of one of them."""
    rng = np.random.default_rng(size)
    vectors = rng.standard_normal((size, DIMENSION), np.float32) / np.float32(DIMENSION**0.5)
    vectors[:, 0] += LIKENESS
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    probe = vectors[size // 2] + 0.01 * rng.standard_normal(DIMENSION).astype(np.float32)
    people = [Person(n, str(n), vectors[n : n + 1]) for n in range(size)]
    return people, (probe / np.linalg.norm(probe))[None]


def _searching(gallery: MatrixGallery, probe: Vectors) -> Work:
    """Raises SystemExit if the gallery does not find its own."""
    [found] = gallery.search(probe)
    if found is None or found.person.employee != len(gallery) // 2:
        raise SystemExit("the search does not find whom it holds")
    return lambda: gallery.search(probe)


def _readings(gallery: MatrixGallery) -> dict[str, Work]:
    """Loops that read every byte of the gallery once; the quickest of them is the floor."""
    parts = [block.matrix.ravel() for block in gallery._snapshot.blocks]

    def dot() -> Sequence[Any]:
        return [np.dot(part, part) for part in parts]

    def largest() -> Sequence[Any]:
        return [part.max() for part in parts]

    return {"reading once (dot)": dot, "reading once (max)": largest}


def _keys(rows: dict[str, Any], size: int) -> dict[str, float]:
    """By the quickest run of each: whatever else the machine does only ever adds."""
    floor = min(row["min_ms"] for name, row in rows.items() if name.startswith("reading"))
    ours, plain = (rows[f"{size:,} templates{how}"]["min_ms"] for how in ("", ", in float32 only"))
    return {
        f"search_{JUDGED[size]}_over_bandwidth_floor": round(ours / floor, 3),
        f"search_{JUDGED[size]}_float32_over_bandwidth_floor": round(plain / floor, 3),
        f"search_{JUDGED[size]}_8bit_ratio": round(plain / ours, 2),
    }


def _updates(gallery: MatrixGallery, people: Sequence[Person]) -> dict[str, Any]:
    """What a sync costs while the gallery holds a million."""
    spread = people[:: len(people) // 100]
    newcomer = [Person(10**9, "new", people[0].vectors)]
    works: dict[str, Work] = {
        "one person changed": lambda: gallery.update(people[7:8], []),
        "100 people changed": lambda: gallery.update(spread, []),
        "one person new, then gone": lambda: (
            gallery.update(newcomer, []),
            gallery.update([], [10**9]),
        ),
    }
    return interleave("update of 1,000,000", works, 10)
