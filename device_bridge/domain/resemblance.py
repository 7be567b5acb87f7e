"""Two people with one face: the same person enrolled twice, or look-alikes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from device_bridge.domain.template import Vectors

LOOK_ALIKE_BELOW = 0.02
"""So much below a gate's threshold somebody should look: a bad picture may bring two together."""

MOST_PAIRS = 50_000
_ROWS_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class Similar:
    """Somebody enrolled who resembles a face; the similarity is their closest template's."""

    employee: int
    similarity: float


@dataclass(frozen=True, slots=True)
class Resemblances:
    """What a set of templates, each of some group (one person's), has in common.

    Attributes:
        own: for each template, how many others of its group a gate would take for it.
        pairs: (index, index, similarity) of templates of different groups that at least look
            alike; each pair once, the smaller index first.
        complete: False if there were more than MOST_PAIRS, and the rest is left out.
    """

    own: tuple[int, ...]
    pairs: tuple[tuple[int, int, float], ...]
    complete: bool


def among(vectors: Vectors, groups: Sequence[str], threshold: float) -> Resemblances:
    """Compare (n, dimension) unit vectors with each other.

    Args:
        groups: (n,) whose template each is.
        threshold: similarity from which on a gate takes one for the other.
    """
    number = {group: index for index, group in enumerate(dict.fromkeys(groups))}
    owners = np.array([number[group] for group in groups], np.int64)
    least = threshold - LOOK_ALIKE_BELOW
    own: list[int] = []
    pairs: list[tuple[int, int, float]] = []
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        similarities = vectors[start : start + _ROWS_AT_ONCE] @ vectors.T
        rows = np.arange(start, start + len(similarities))
        same = owners[rows][:, None] == owners[None]
        duplicates = (similarities >= threshold) & same
        duplicates[rows - start, rows] = False
        own += duplicates.sum(axis=1).tolist()
        after = rows[:, None] < np.arange(len(vectors))[None]
        for row, column in np.argwhere((similarities >= least) & ~same & after).tolist():
            if len(pairs) == MOST_PAIRS:
                break
            pairs.append((row + start, column, min(1.0, float(similarities[row, column]))))
    return Resemblances(tuple(own), tuple(pairs), len(pairs) < MOST_PAIRS)
