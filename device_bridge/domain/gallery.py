"""The gallery: every template in one matrix, searched exactly."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from device_bridge.domain.matching import Spans, best_of, check_unit_rows
from device_bridge.domain.template import Candidate, Person, Vectors

# Similarities held at once, in float32: 64 MB.
_BLOCK_CELLS = 16_000_000


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """One state of the gallery; never changed, only replaced.

    Attributes:
        matrix: (rows, dimension) float32, the people's templates one after the other.
        owners: (rows,) index into `people`.
        spans: (people, 2) first row and the one after the last.
    """

    people: tuple[Person, ...]
    matrix: Vectors
    owners: NDArray[np.int32]
    spans: Spans


class MatrixGallery:
    """A Gallery in memory.

    A search takes the snapshot once and works on it to its end, so that an update
    needs to wait for nobody: it builds the next snapshot and swaps one reference.
    """

    def __init__(self, model: str, dimension: int) -> None:
        self.model = model
        self.dimension = dimension
        self._snapshot = _snapshot([], dimension)
        self._updating = threading.Lock()

    def __len__(self) -> int:
        """Number of people."""
        return len(self._snapshot.people)

    def people(self) -> tuple[Person, ...]:
        """Everybody, with their templates."""
        return self._snapshot.people

    def update(self, people: Sequence[Person], gone: Sequence[int], *, reset: bool = False) -> None:
        """Replace what is known of `people`, forget `gone` (and everyone else on `reset`).

        Somebody in both is forgotten: when in doubt, an erasure wins.

        Raises:
            ModelMismatch: a vector is of another dimension or not of length one;
                the gallery stays as it was.
        """
        for person in people:
            check_unit_rows(person.vectors, self.dimension)
        with self._updating:
            known = {} if reset else {person.employee: person for person in self._snapshot.people}
            known.update({person.employee: person for person in people})
            for employee in gone:
                known.pop(employee, None)
            self._snapshot = _snapshot(list(known.values()), self.dimension)

    def search(self, probes: Vectors) -> list[Candidate | None]:
        """The best candidate for each row of `probes`; None while the gallery is empty.

        Raises:
            ModelMismatch: a probe is of another dimension or not of length one.
        """
        rows = check_unit_rows(probes, self.dimension)
        snapshot = self._snapshot
        if not len(snapshot.matrix):
            return [None] * len(rows)
        block = max(1, _BLOCK_CELLS // len(snapshot.matrix))
        return [
            candidate
            for start in range(0, len(rows), block)
            for candidate in _search(snapshot, rows[start : start + block])
        ]


def _search(snapshot: _Snapshot, probes: Vectors) -> list[Candidate]:
    # One probe is a matrix × vector product, bound by memory bandwidth; BLAS only
    # takes that way when the probe is a vector.
    if len(probes) == 1:
        similarities = (snapshot.matrix @ probes[0])[None]
    else:
        similarities = probes @ snapshot.matrix.T
    return [_candidate(snapshot, row) for row in similarities]


def _candidate(snapshot: _Snapshot, similarities: NDArray[np.float32]) -> Candidate:
    best = best_of(similarities, snapshot.owners, snapshot.spans)
    margin = None if best.second is None else best.similarity - best.second
    return Candidate(snapshot.people[best.person], best.similarity, margin)


def _snapshot(people: list[Person], dimension: int) -> _Snapshot:
    counts = np.array([len(person.vectors) for person in people], np.int64)
    stops = np.cumsum(counts)
    rows = [np.asarray(person.vectors, np.float32) for person in people]
    matrix = np.concatenate([np.zeros((0, dimension), np.float32), *rows])
    matrix.setflags(write=False)
    spans = np.stack([stops - counts, stops], axis=1)
    return _Snapshot(
        # Views, so that a template is held once, not here and in its person.
        people=tuple(
            replace(person, vectors=matrix[start:stop])
            for person, (start, stop) in zip(people, spans.tolist(), strict=True)
        ),
        matrix=matrix,
        owners=np.repeat(np.arange(len(people), dtype=np.int32), counts),
        spans=spans,
    )
