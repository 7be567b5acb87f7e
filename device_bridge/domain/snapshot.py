"""One state of the gallery, and the search in it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device_bridge.domain.block import Block
from device_bridge.domain.template import Candidate, Vectors

FEW_PROBES = 8
"""From so many probes on one matrix product is quicker than a pass per probe."""

_MOST_SCORES = 16_000_000
"""Held at once, so that a thousand faces cost no more memory than these 64 MB."""

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Blocks that are never changed, only replaced.

    Attributes:
        starts: for each block the number of templates before it; at last all of them.
    """

    blocks: tuple[Block, ...]
    starts: tuple[int, ...]

    def __len__(self) -> int:
        """Number of people."""
        return sum(len(block.people) for block in self.blocks)

    @property
    def templates(self) -> int:
        return self.starts[-1]

    def scores(self, probes: Vectors, room: Scores) -> Iterator[Scores]:
        """(templates,) similarities for each probe, until the next one is taken.

        Args:
            room: (templates,) to work in.
        """
        at_once = max(1, _MOST_SCORES // self.templates)
        if min(at_once, len(probes)) < FEW_PROBES:
            for probe in probes:
                yield self._read_once(probe, room)
        else:
            for start in range(0, len(probes), at_once):
                yield from self._products(probes[start : start + at_once])

    def closest(self, scores: Scores) -> Candidate:
        """The best person by their scores, and how far the second person is behind.

        Args:
            scores: (templates,) of one probe; minus infinity for what cannot be either.
        """
        row, first, second = self.first_and_second(scores)
        number = bisect_right(self.starts, row) - 1
        block = self.blocks[number]
        person = block.person(int(block.owners[row - self.starts[number]]))
        # Only an empty place is minus infinity: there is nobody else.
        margin = None if np.isneginf(second) else bounded(first) - bounded(second)
        return Candidate(person, bounded(first), margin)

    def first_and_second(self, scores: Scores) -> tuple[int, float, float]:
        """The best template's row, its score, and the best score of anybody else."""
        row = int(scores.argmax())
        number = bisect_right(self.starts, row) - 1
        block, before = self.blocks[number], self.starts[number]
        start, stop = block.spans[block.owners[row - before]].tolist()
        first, own = float(scores[row]), scores[before + start : before + stop]
        kept = own.copy()
        own.fill(-np.inf)
        second = float(scores.max())
        own[:] = kept
        return row, first, second

    def _read_once(self, probe: Vectors, room: Scores) -> Scores:
        """`vecdot` streams the matrix at nearly the speed of memory; BLAS's matrix × vector
        product reaches 60 % of that here (docs/benchmarks.md, "Search")."""
        for block, start in zip(self.blocks, self.starts, strict=False):
            np.vecdot(block.matrix, probe, out=room[start : start + len(block.matrix)])
        return room

    def _products(self, probes: Vectors) -> Iterator[Scores]:
        every = np.empty((len(probes), self.templates), np.float32)
        for block, start in zip(self.blocks, self.starts, strict=False):
            stop = start + len(block.matrix)
            np.matmul(probes, block.matrix.T, out=every[:, start:stop])
        yield from every


def snapshot_of(blocks: Sequence[Block]) -> Snapshot:
    """The state that these blocks are."""
    starts = np.cumsum([0, *(len(block.matrix) for block in blocks)])
    return Snapshot(tuple(blocks), tuple(starts.tolist()))


def bounded(similarity: float) -> float:
    """Rounding may carry a product of unit vectors past one."""
    return min(max(similarity, -1.0), 1.0)
