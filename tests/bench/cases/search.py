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
GALLERIES = (1_000, 10_000, 100_000, 1_000_000)
JUDGED = {100_000: "search_100k_over_bandwidth_floor", 1_000_000: "search_1m_over_bandwidth_floor"}
MOST_ROUNDS = 60


def measure(setup: Setup) -> Result:
    result = Result(raw={"search": {}, "gallery_update": {}})
    rounds = min(setup.rounds, MOST_ROUNDS)
    for size in GALLERIES:
        people, probe = _crowd(size)
        gallery = MatrixGallery("bench", DIMENSION)
        gallery.update(people, [])
        works: dict[str, Work] = {f"{size:,} templates": _searching(gallery, probe)}
        if size in JUDGED:
            works |= {f"{name}, {size:,}": work for name, work in _readings(gallery).items()}
        if size == GALLERIES[-1]:
            scanned = EightBitGallery("bench", DIMENSION, from_templates=1)
            scanned.update(people, [])
            works[f"{size:,} templates, scanned in 8 bits"] = _searching(scanned, probe)
        rows = interleave(f"search, {size:,}", works, rounds)
        result.raw["search"] |= rows
        if size in JUDGED:
            result.keys[JUDGED[size]] = _over_floor(rows, size)
        if size == GALLERIES[-1]:
            result.keys["search_1m_8bit_ratio"] = round(
                rows[f"{size:,} templates"]["median_ms"]
                / rows[f"{size:,} templates, scanned in 8 bits"]["median_ms"],
                2,
            )
            result.raw["gallery_update"] = _updates(gallery, people)
            del scanned
        del gallery, people, works
        gc.collect()
    return result


def _crowd(size: int) -> tuple[list[Person], Vectors]:
    """People with one template each, and a probe of one of them."""
    rng = np.random.default_rng(size)
    vectors = rng.standard_normal((size, DIMENSION), np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    probe = vectors[size // 2] + 0.02 * rng.standard_normal(DIMENSION).astype(np.float32)
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


def _over_floor(rows: dict[str, Any], size: int) -> float:
    floor = min(row["median_ms"] for name, row in rows.items() if name.startswith("reading"))
    return round(rows[f"{size:,} templates"]["median_ms"] / floor, 3)


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
