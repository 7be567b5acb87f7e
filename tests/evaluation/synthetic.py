"""People without photos: templates about a centre each, as a collection has them."""

from __future__ import annotations

import numpy as np

from device_bridge.domain.template import Vectors
from device_bridge.evaluation.collection import Collection, Sample

DIMENSION = 32


def unit(vectors: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Vectors:
    rows: Vectors = (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)
    return rows


def crowd(
    people: int, photos: int | list[int], *, spread: float = 0.1, seed: int = 0
) -> Collection:
    """Everybody alike to themselves as far as `spread` lets them."""
    rng = np.random.default_rng(seed)
    counts = [photos] * people if isinstance(photos, int) else photos
    samples = []
    for who, count in enumerate(counts):
        centre = unit(rng.standard_normal(DIMENSION))
        for number in range(count):
            vector = unit(centre + spread * rng.standard_normal(DIMENSION) / DIMENSION**0.5)
            samples.append(Sample(who, f"p{who}/{number}.png", vector, 0.8, (), ()))
    return Collection(tuple(f"p{who}" for who in range(people)), list(counts), samples)
