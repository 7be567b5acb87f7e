"""Comparing unit vectors, and deciding on the result."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from device_bridge.domain.event import Outcome
from device_bridge.domain.template import Candidate, Vectors
from device_bridge.errors import ModelMismatch

# FINDINGS, "Recognition": FPIR 0 of 2,000 for tens of people; larger galleries need
# 0.955 (to 30,000 templates) or 0.960 (to 450,000), or a calibration of their own.
DEFAULT_THRESHOLD = 0.95
DEFAULT_MARGIN = 0.01

# For 1:1, where a stranger has one chance, not as many as there are people: DeepFace's own
# for this network and cosine distance (0.07), which 300 of 300 pairs bear out with
# mirror-averaged templates (docs/evaluation.md).
VERIFY_THRESHOLD = 0.93

# float32 rounding of a 512-d vector, and of its way through float16, stays below.
_UNIT_TOLERANCE = 1e-3


def check_unit_rows(vectors: NDArray[np.float32], dimension: int) -> Vectors:
    """`vectors` as contiguous float32.

    Raises:
        ModelMismatch: not (n, dimension), not finite, or not of length one.
    """
    if vectors.ndim != 2 or vectors.shape[1] != dimension:
        raise ModelMismatch(f"a template must have {dimension} dimensions, not {vectors.shape}")
    rows = np.ascontiguousarray(vectors, np.float32)
    squares = np.vecdot(rows, rows)
    # Written so that a NaN fails, too.
    if not (np.abs(squares - 1) <= 2 * _UNIT_TOLERANCE).all():
        raise ModelMismatch("a template must be finite and of length one")
    return rows


def accept(
    candidate: Candidate | None,
    threshold: float = DEFAULT_THRESHOLD,
    margin: float = DEFAULT_MARGIN,
    max_distance: float | None = None,
) -> Outcome:
    """IDENTIFIED, NO_CANDIDATE (nobody close enough) or AMBIGUOUS (two people as close,
    or one of whom Odoo says that somebody else looks the same).

    Args:
        threshold: least similarity, −1 to 1.
        margin: least distance to the second person's similarity, 0 to 2.
        max_distance: largest Euclidean distance of the two unit vectors, 0 to 2, which
            must be kept as well; None for no second measure.
    """
    if candidate is None or not candidate.similarity >= threshold:
        return Outcome.NO_CANDIDATE
    if max_distance is not None and not distance(candidate.similarity) <= max_distance:
        return Outcome.NO_CANDIDATE
    if candidate.margin is not None and not candidate.margin >= margin:
        return Outcome.AMBIGUOUS
    if candidate.person.second_factor:
        return Outcome.AMBIGUOUS
    return Outcome.IDENTIFIED


def distance(similarity: float) -> float:
    """Euclidean distance of two unit vectors of this cosine similarity, 0 to 2.

    One follows from the other, so that asking for both is asking for the stricter: a
    published system does, and it gains nothing (docs/evaluation.md).
    """
    return math.sqrt(max(2 - 2 * similarity, 0.0))
