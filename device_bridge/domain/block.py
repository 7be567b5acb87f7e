"""A block of the gallery: some people's templates in one matrix."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from device_bridge.domain.template import Person, Vectors

_NO_VECTORS: Vectors = np.zeros((0, 0), np.float32)


@dataclass(frozen=True, slots=True)
class Block:
    """Never changed, only replaced.

    Attributes:
        people: without their vectors, so that a template is held once.
        matrix: (rows, dimension) float32, the people's templates one after the other.
        owners: (rows,) index into `people`.
        spans: (people, 2) first row and the one after the last.
    """

    people: tuple[Person, ...]
    matrix: Vectors
    owners: NDArray[np.int32]
    spans: NDArray[np.int64]

    def person(self, index: int) -> Person:
        """Somebody with their templates, as a view that cannot be written to."""
        start, stop = self.spans[index]
        return replace(self.people[index], vectors=self.matrix[start:stop])

    def without(self, employees: AbstractSet[int]) -> Block:
        """A copy that does not hold these people."""
        stays = np.array([one.employee not in employees for one in self.people], bool)
        counts = np.diff(self.spans, axis=1).ravel()[stays]
        people = tuple(compress(self.people, stays))
        return _block(people, self.matrix[stays[self.owners]], counts)

    def plus(self, people: Sequence[Person]) -> Block:
        """A copy that holds these people as well."""
        if not people:
            return self
        more = block_of(people, self.matrix.shape[1])
        counts = np.concatenate([np.diff(self.spans, axis=1), np.diff(more.spans, axis=1)])
        matrix = np.concatenate([self.matrix, more.matrix])
        return _block((*self.people, *more.people), matrix, counts.ravel())


def block_of(people: Sequence[Person], dimension: int) -> Block:
    """The people's templates, copied into one matrix."""
    rows = [np.asarray(person.vectors, np.float32) for person in people]
    return _block(
        tuple(replace(person, vectors=_NO_VECTORS) for person in people),
        np.concatenate([np.zeros((0, dimension), np.float32), *rows]),
        np.array([len(person.vectors) for person in people], np.int64),
    )


def _block(people: tuple[Person, ...], matrix: Vectors, counts: NDArray[np.int64]) -> Block:
    """Args: counts: (people,) rows of each."""
    matrix.setflags(write=False)
    stops = np.cumsum(counts)
    owners = np.repeat(np.arange(len(people), dtype=np.int32), counts)
    return Block(people, matrix, owners, np.stack([stops - counts, stops], axis=1))
