"""A block of the gallery: some people's templates in one matrix."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from device_bridge.domain.template import Person, Vectors

FEW_PROBES = 8
"""From so many probes on one matrix product is quicker than a pass per probe."""

_NO_VECTORS: Vectors = np.zeros((0, 0), np.float32)


@dataclass(frozen=True, slots=True)
class Best:
    """The closest person of a block for each of n probes.

    Attributes:
        person: (n,) index into the block's people.
        similarity: (n,) to that person's closest template.
        second: (n,) to the closest template of anybody else in the block; minus
            infinity if there is nobody else.
    """

    person: NDArray[np.int64]
    similarity: NDArray[np.float32]
    second: NDArray[np.float32]


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

    def best(self, probes: Vectors, room: Vectors) -> Best:
        """The closest person for each row of `probes`, exactly.

        Args:
            room: (at least rows,) float32 to work in.
        """
        if len(probes) >= FEW_PROBES:
            return best_of(self, np.ascontiguousarray((self.matrix @ probes.T).T))
        return joined([self._best_of_one(probe, room) for probe in probes])

    def _best_of_one(self, probe: Vectors, room: Vectors) -> Best:
        """`vecdot` streams the matrix at the speed of memory; BLAS's matrix × vector
        product reaches 60 % of that here (docs/benchmarks.md, "Search"). Room that is
        kept saves asking the system for it, a quarter of the time in 100,000 templates."""
        similarities = np.vecdot(self.matrix, probe, out=room[: len(self.matrix)])
        return best_of(self, similarities[None])


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


def best_of(block: Block, similarities: NDArray[np.float32]) -> Best:
    """The closest person by similarity to each row, and the closest other one.

    Args:
        similarities: (probes, rows); overwritten.
    """
    probes = np.arange(len(similarities))
    if not similarities.shape[1]:
        nothing = np.full(len(probes), -np.inf, np.float32)
        return Best(np.zeros(len(probes), np.int64), nothing, nothing)
    rows = similarities.argmax(axis=1)
    people = block.owners[rows].astype(np.int64)
    similarity = similarities[probes, rows]
    for line, (start, stop) in zip(similarities, block.spans[people].tolist(), strict=True):
        line[start:stop] = -np.inf
    return Best(people, similarity, similarities.max(axis=1))


def joined(alone: Sequence[Best]) -> Best:
    """Answers for single probes as the answer for all of them."""
    return Best(
        np.concatenate([best.person for best in alone]),
        np.concatenate([best.similarity for best in alone]),
        np.concatenate([best.second for best in alone]),
    )
