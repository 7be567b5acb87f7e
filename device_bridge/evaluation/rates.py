"""Error rates of ISO/IEC 19795-1, and how sure one can be of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Interval = tuple[float, float]

CONFIDENCE = 0.95
_Z = 1.959963984540054  # standard normal, 97.5 %
_RESAMPLES = 2000

SOURCES = {
    "wilson": "Wilson 1927, score interval, 95 %",
    "bootstrap": "bootstrap over people (subsets bootstrap: Bolle, Ratha, Pankanti 2004), 95 %",
    "clopper-pearson": "Clopper & Pearson 1934, 95 %, with people as trials, where nobody or"
    " everybody fails and a bootstrap would claim certainty",
}


def threshold_at_fpir(strangers: Floats, target: float) -> float:
    """The lowest threshold at which at most `target` of the strangers are named.

    Args:
        strangers: (n,) similarity of each search of somebody who is not enrolled.
        target: 0–1.
    """
    if not len(strangers):
        return -1.0
    ordered = np.sort(strangers)[::-1]
    allowed = math.floor(target * len(ordered))
    if allowed >= len(ordered):
        return -1.0
    return float(np.nextafter(ordered[allowed], np.inf))


def share(flags: Sequence[bool]) -> float | None:
    """The part that is true; None for nothing at all."""
    return sum(flags) / len(flags) if flags else None


def wilson(successes: int, trials: int) -> Interval | None:
    """Wilson's score interval of a proportion; None without trials."""
    if not trials:
        return None
    part, z2 = successes / trials, _Z**2
    middle = (part + z2 / (2 * trials)) / (1 + z2 / trials)
    half = _Z / (1 + z2 / trials) * math.sqrt(part * (1 - part) / trials + z2 / (4 * trials**2))
    # Exact at the ends, where rounding would leave 1e-17.
    low = 0.0 if successes == 0 else max(0.0, middle - half)
    high = 1.0 if successes == trials else min(1.0, middle + half)
    return low, high


def over_people(people: Sequence[int], flags: Sequence[bool]) -> Interval | None:
    """Interval of the share of true flags, with people, not photos, as what was sampled.

    Photos of one person resemble each other and each photo takes part in many splits, so
    that counting searches as trials would claim far too much.

    Args:
        people: who each flag belongs to.
    """
    if not flags:
        return None
    numbers = np.unique(np.asarray(people), return_inverse=True)[1]
    true = np.bincount(numbers, weights=np.asarray(flags, np.float64))
    every = np.bincount(numbers).astype(np.float64)
    if true.sum() in (0, every.sum()):
        return _all_or_none(len(every), bool(true.sum()))
    drawn = np.random.default_rng(0).integers(0, len(every), (_RESAMPLES, len(every)))
    shares = true[drawn].sum(axis=1) / every[drawn].sum(axis=1)
    low, high = np.quantile(shares, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def _all_or_none(trials: int, everyone: bool) -> Interval:
    """Clopper and Pearson's interval at its ends, where it has a closed form."""
    end = ((1 - CONFIDENCE) / 2) ** (1 / trials)
    return (end, 1.0) if everyone else (0.0, 1.0 - end)


def det_curve(mated: Floats, right: NDArray[np.bool_], strangers: Floats) -> tuple[Floats, Floats]:
    """FPIR and FNIR at every threshold that changes either, thresholds falling.

    Args:
        mated: (n,) similarity of each search of somebody enrolled; right: (n,) whether it
            names them.
        strangers: (m,) similarity of each search of somebody who is not.
    """
    hits = np.sort(mated[right])[::-1]
    alarms = np.sort(strangers)[::-1]
    thresholds = np.unique(np.concatenate([hits, alarms]))[::-1]
    found = np.searchsorted(-hits, -thresholds, side="right")
    named = np.searchsorted(-alarms, -thresholds, side="right")
    return named / max(len(alarms), 1), 1 - found / max(len(mated), 1)
