"""A threshold for one gallery, from the similarities between its own people.

Each template is looked for in the gallery without its own person: a search by somebody
who is not enrolled. With enough of them the threshold is their quantile. With fewer it is
extrapolated: a search's score is the largest of many similarities, for which extreme-value
theory gives a Gumbel law (Coles 2001, "An Introduction to Statistical Modeling of Extreme
Values", ch. 3), fitted by L-moments (Hosking 1990). A similarity ends at 1, where such a law
does not: it is fitted to Fisher's z = artanh(similarity) (Fisher 1921), which has no end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device_bridge.domain.matching import DEFAULT_THRESHOLD
from device_bridge.domain.template import Person, Vectors
from device_bridge.errors import SettingsError

Floats = NDArray[np.float64]

LEAST_PEOPLE = 5
ENOUGH_BEYOND = 10
"""Searches expected above the quantile for it to be read off rather than extrapolated."""

TWIN_CHANCE = 0.01
"""Two people are too close when so few galleries of this size would hold such a pair by chance."""

_NEARLY_ONE = 1 - 1e-7
_EULER = 0.5772156649015329
_RESAMPLES = 1000
_BLOCK = 2048


@dataclass(frozen=True, slots=True)
class ClosePair:
    """Two people and the similarity of their closest templates."""

    one: int
    other: int
    similarity: float


@dataclass(frozen=True, slots=True)
class Gumbel:
    """The law of the largest similarity s, with z = artanh(s):
    P(Z ≤ z) = exp(−exp(−(z − location) / scale))."""

    location: float
    scale: float

    def quantile(self, chance_above: float) -> float:
        """The similarity that is exceeded with this chance."""
        return math.tanh(self.location - self.scale * math.log(-math.log1p(-chance_above)))

    def chance_above(self, similarity: float) -> float:
        z = float(fisher(similarity))
        return -math.expm1(-math.exp(-(z - self.location) / self.scale))


def fisher(similarity: Floats | float) -> Floats:
    """artanh; what rounding has carried to 1 stays finite."""
    return np.asarray(np.arctanh(np.clip(similarity, -_NEARLY_ONE, _NEARLY_ONE)), np.float64)


def calibrate(people: Sequence[Person], target_fpir: float, names: Sequence[str]) -> dict[str, Any]:
    """The report of `calibrate` (docs/evaluation.md lists the keys).

    Args:
        people: with their templates; `names` in the same order.
        target_fpir: share of strangers that may be named, above 0 and at most 0.5.

    Raises:
        SettingsError: too few people, or an impossible target.
    """
    if not 0 < target_fpir <= 0.5:
        raise SettingsError("--target-fpir is above 0 and at most 0.5.")
    held = [index for index, person in enumerate(people) if len(person.vectors)]
    if len(held) < LEAST_PEOPLE:
        raise SettingsError(
            f"{len(held)} people are enrolled; from fewer than {LEAST_PEOPLE} nothing can be"
            f" concluded: keep the default threshold, {DEFAULT_THRESHOLD}."
        )
    vectors = np.concatenate([people[index].vectors for index in held])
    owners = np.repeat(np.arange(len(held)), [len(people[index].vectors) for index in held])
    scores, closest, genuine = search_scores(vectors, owners)
    twins = too_close(scores, closest, owners)
    alone = ~np.isin(owners, [who for pair in twins for who in (pair.one, pair.other)])
    if len(np.unique(owners[alone])) < LEAST_PEOPLE:
        alone = np.ones(len(owners), bool)
    estimate, interval, extrapolated = threshold_for(scores[alone], owners[alone], target_fpir)
    threshold = math.ceil(min(interval[1] if extrapolated else estimate, 1.0) * 1000) / 1000
    twins += _reaching(scores, closest, owners, threshold, twins)
    own = genuine[np.isfinite(genuine)]
    return {
        "threshold": threshold,
        "estimate": estimate,
        "interval": list(interval),
        "target_fpir": target_fpir,
        "method": "gumbel" if extrapolated else "quantile",
        "method_in_words": _in_words(int(alone.sum()), target_fpir, extrapolated),
        "default_threshold": DEFAULT_THRESHOLD,
        "fpir_at_default": _fpir_at(scores[alone], DEFAULT_THRESHOLD),
        "fnir_expected": float((own < threshold).mean()) if len(own) else None,
        "n_people": len(held),
        "n_templates": len(vectors),
        "n_scores": int(alone.sum()),
        "too_close": [
            {
                "one": names[held[pair.one]],
                "other": names[held[pair.other]],
                "similarity": round(pair.similarity, 4),
            }
            for pair in sorted(twins, key=lambda pair: -pair.similarity)
        ],
    }


def search_scores(
    vectors: Vectors, owners: NDArray[np.int64]
) -> tuple[Floats, NDArray[np.int64], Floats]:
    """For each template the closest one of anybody else, and of its own person.

    Args:
        vectors: (n, dimension) float32 of length one; owners: (n,) in rising order.

    Returns:
        (n,) similarity to the closest other person, that person, and the similarity to
        the closest other template of the same person (NaN if there is none).
    """
    scores = np.empty(len(vectors))
    closest = np.empty(len(vectors), np.int64)
    genuine = np.full(len(vectors), np.nan)
    for start in range(0, len(vectors), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(vectors)))
        products = vectors[rows] @ vectors.T
        for row, line in zip(rows.tolist(), products, strict=True):
            first, stop = np.searchsorted(owners, [owners[row], owners[row] + 1])
            if stop - first > 1:
                line[row] = -np.inf
                genuine[row] = line[first:stop].max()
            line[first:stop] = -np.inf
            other = int(line.argmax())
            scores[row], closest[row] = min(float(line[other]), 1.0), owners[other]
    return scores, closest, genuine


def too_close(
    scores: Floats, closest: NDArray[np.int64], owners: NDArray[np.int64]
) -> list[ClosePair]:
    """Pairs of people that the rest of the gallery does not account for.

    The law of the rest is fitted to the scores' quartiles, which a few twins don't move.
    """
    low, high = np.quantile(fisher(scores), [0.25, 0.75])
    scale = (high - low) / (math.log(math.log(4)) - math.log(math.log(4 / 3)))
    rest = Gumbel(low + scale * math.log(math.log(4)), max(scale, 1e-6))
    limit = rest.quantile(TWIN_CHANCE / len(scores))
    return _pairs_above(scores, closest, owners, limit)


def _reaching(
    scores: Floats,
    closest: NDArray[np.int64],
    owners: NDArray[np.int64],
    threshold: float,
    known: Sequence[ClosePair],
) -> list[ClosePair]:
    """Further pairs of whom one would be taken for the other at the threshold."""
    listed = {(pair.one, pair.other) for pair in known}
    above = _pairs_above(scores, closest, owners, threshold)
    return [pair for pair in above if (pair.one, pair.other) not in listed]


def _pairs_above(
    scores: Floats, closest: NDArray[np.int64], owners: NDArray[np.int64], limit: float
) -> list[ClosePair]:
    best: dict[tuple[int, int], float] = {}
    for row in np.flatnonzero(scores >= limit).tolist():
        one, other = sorted((int(owners[row]), int(closest[row])))
        best[one, other] = max(float(scores[row]), best.get((one, other), -1.0))
    return [ClosePair(one, other, similarity) for (one, other), similarity in best.items()]


def threshold_for(
    scores: Floats, owners: NDArray[np.int64], target: float
) -> tuple[float, tuple[float, float], bool]:
    """Estimate, 95 % interval (bootstrap over people), and whether it is extrapolated."""
    extrapolated = len(scores) * target < ENOUGH_BEYOND
    people = np.unique(owners, return_inverse=True)[1]
    of = [np.flatnonzero(people == who) for who in range(int(people.max()) + 1)]
    rng = np.random.default_rng(0)

    def estimate(sample: Floats) -> float:
        if extrapolated:
            return fit_gumbel(sample).quantile(target)
        return float(np.quantile(sample, 1 - target))

    resampled = [
        estimate(scores[np.concatenate([of[who] for who in rng.integers(0, len(of), len(of))])])
        for _ in range(_RESAMPLES)
    ]
    low, high = np.quantile(resampled, [0.025, 0.975])
    return min(estimate(scores), 1.0), (float(low), min(float(high), 1.0)), extrapolated


def fit_gumbel(similarities: Floats) -> Gumbel:
    """By L-moments: scale = λ₂ / ln 2, location = λ₁ − γ · scale."""
    ordered = np.sort(fisher(similarities))
    ranks = np.arange(len(ordered))
    weighted = float((ranks / max(len(ordered) - 1, 1) * ordered).mean())
    scale = max((2 * weighted - float(ordered.mean())) / math.log(2), 1e-6)
    return Gumbel(float(ordered.mean()) - _EULER * scale, scale)


def _fpir_at(scores: Floats, threshold: float) -> float:
    counted = int((scores >= threshold).sum())
    if counted >= ENOUGH_BEYOND:
        return counted / len(scores)
    return fit_gumbel(scores).chance_above(threshold)


def _in_words(searches: int, target: float, extrapolated: bool) -> str:
    if not extrapolated:
        return f"Read off {searches} scores; the interval is a bootstrap over people."
    needed = math.ceil(ENOUGH_BEYOND / target)
    return (
        f"Extrapolated from {searches} scores by a Gumbel law, because {needed:,} would be needed"
        " to read it off; the upper end of the interval is proposed."
    )
