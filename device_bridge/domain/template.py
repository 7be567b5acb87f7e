"""Templates: L2-normalised vectors of one model, and the people they belong to."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from device_bridge.errors import ModelMismatch

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Person:
    """Someone enrolled, as the gallery knows them.

    Attributes:
        vectors: (n, dimension) float32, each row of length one.
        second_factor: HR has told them and somebody else apart whom no gate can (twins);
            their face alone names nobody.
    """

    employee: int
    display_name: str
    vectors: Vectors
    language: str = "en_US"
    department: int | None = None
    tags: frozenset[int] = field(default_factory=frozenset)
    second_factor: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """The best person for one probe.

    Attributes:
        similarity: cosine similarity to the person's closest template, -1 to 1.
        margin: `similarity` minus that of the closest template of anybody else, 0 to 2,
            None when the gallery holds nobody else. 0 for whoever was named by PIN or badge
            while somebody else is closer.
    """

    person: Person
    similarity: float
    margin: float | None


def require_same_model(found: str | None, expected: str) -> None:
    """Templates are compared within one model only, whatever their dimension.

    Args:
        found: None from a caller that can only have templates of the one model.

    Raises:
        ModelMismatch: naming both.
    """
    if found is not None and found != expected:
        raise ModelMismatch(f"templates of {found!r} are never compared with those of {expected!r}")
