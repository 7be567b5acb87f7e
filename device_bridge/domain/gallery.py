"""The gallery: every template in memory, searched exactly."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from device_bridge.domain.block import Block, block_of
from device_bridge.domain.matching import check_unit_rows
from device_bridge.domain.resemblance import Similar
from device_bridge.domain.snapshot import Scores, Snapshot, bounded, snapshot_of
from device_bridge.domain.template import Candidate, Person, Vectors, require_same_model

BLOCK_ROWS = 32_768
"""Templates in a block. An update copies the blocks that it touches, 16 MB each in 128
dimensions."""

_CHECKED_AT_ONCE = 4096


class _Room(threading.local):
    """What a thread works in, kept from search to search; no template is ever in it. To ask
    the system for it each time takes a quarter of the time in 100,000 templates."""

    def __init__(self) -> None:
        self._array: Scores = np.empty(0, np.float32)

    def of(self, size: int) -> Scores:
        if len(self._array) < size:
            self._array = np.empty(size, np.float32)
        return self._array[:size]


class MatrixGallery:
    """A Gallery in memory, as blocks that are never changed.

    A search takes the snapshot once and works on it to its end, so that an update needs
    to wait for nobody: it copies the blocks that it touches and swaps one reference. What
    was erased is gone from memory when the last search that began before has ended.
    """

    def __init__(self, model: str, dimension: int, *, block_rows: int = BLOCK_ROWS) -> None:
        self.model = model
        self.dimension = dimension
        self._block_rows = block_rows
        self._snapshot = snapshot_of(())
        self._block_with: dict[int, int] = {}
        self._updating = threading.Lock()
        self._room = _Room()

    def __len__(self) -> int:
        """Number of people."""
        return len(self._snapshot)

    def people(self) -> Iterator[Person]:
        """Everybody, with their templates."""
        for block in self._snapshot.blocks:
            for index in range(len(block.people)):
                yield block.person(index)

    def update(
        self,
        people: Sequence[Person],
        gone: Sequence[int],
        *,
        model: str | None = None,
        reset: bool = False,
    ) -> None:
        """Replace what is known of `people`, forget `gone` (and everyone else on `reset`).

        Somebody in both is forgotten: when in doubt, an erasure wins.

        Raises:
            ModelMismatch: a vector is of another model or dimension, or not of length one;
                the gallery stays as it was.
        """
        require_same_model(model, self.model)
        _check(people, self.dimension)
        with self._updating:
            coming = {person.employee: person for person in people}
            for employee in gone:
                coming.pop(employee, None)
            blocks = [] if reset else list(self._snapshot.blocks)
            if reset:
                self._block_with = {}
            leaving = [who for who in {*gone, *coming} if who in self._block_with]
            blocks = self._changed(blocks, leaving, coming)
            self._snapshot = snapshot_of(blocks)

    def person(self, employee: int) -> Person | None:
        """One person with their templates; None if they are not (or no longer) enrolled."""
        for block in self._snapshot.blocks:
            for index, one in enumerate(block.people):
                if one.employee == employee:
                    return block.person(index)
        return None

    def search(self, probes: Vectors, *, model: str | None = None) -> list[Candidate | None]:
        """The best candidate for each row of `probes`; None while the gallery is empty.

        Raises:
            ModelMismatch: a probe is of another model or dimension, or not of length one.
        """
        require_same_model(model, self.model)
        rows = check_unit_rows(probes, self.dimension)
        snapshot = self._snapshot
        if not snapshot.templates:
            return [None] * len(rows)
        return [snapshot.closest(scores) for scores in self._scores(snapshot, rows)]

    def similar(self, vector: Vectors, at_least: float, limit: int) -> tuple[Similar, ...]:
        """Everybody with a template at least this similar to a (dimension,) vector.

        Closest first, at most `limit` people. Raises ModelMismatch as `search`.
        """
        [probe] = check_unit_rows(vector[None], self.dimension)
        found: dict[int, float] = {}
        for block in self._snapshot.blocks:
            similarities = block.matrix @ probe
            for row in np.flatnonzero(similarities >= at_least).tolist():
                employee = block.people[block.owners[row]].employee
                similarity = bounded(float(similarities[row]))
                found[employee] = max(similarity, found.get(employee, similarity))
        closest = sorted(found.items(), key=lambda one: (-one[1], one[0]))[:limit]
        return tuple(Similar(employee, similarity) for employee, similarity in closest)

    def _scores(self, snapshot: Snapshot, probes: Vectors) -> Iterator[Scores]:
        """As Snapshot.scores; what can be neither first nor second may be left out."""
        return snapshot.scores(probes, self._room.of(snapshot.templates))

    def _changed(
        self, blocks: list[Block], leaving: Iterable[int], coming: Mapping[int, Person]
    ) -> list[Block]:
        """The blocks without `leaving` and with `coming`, who take the room that there is."""
        out: dict[int, set[int]] = {}
        for employee in leaving:
            out.setdefault(self._block_with.pop(employee), set()).add(employee)
        for number, employees in out.items():
            blocks[number] = blocks[number].without(employees)
        newcomers = list(coming.values())
        # Where somebody left is room; else at the end; else in a block of their own.
        last = max(len(blocks) - 1, 0)
        for number in dict.fromkeys([*out, *range(last, len(blocks) + len(newcomers))]):
            if not newcomers:
                break
            if number == len(blocks):
                blocks.append(block_of([], self.dimension))
            taken = _fitting(newcomers, self._block_rows - len(blocks[number].matrix))
            if not taken and not blocks[number].people:
                taken = 1  # with more templates than a block is meant to hold
            blocks[number] = blocks[number].plus(newcomers[:taken])
            self._block_with.update((one.employee, number) for one in newcomers[:taken])
            newcomers = newcomers[taken:]
        return blocks


def _check(people: Sequence[Person], dimension: int) -> None:
    """As check_unit_rows, for many people at once."""
    for start in range(0, len(people), _CHECKED_AT_ONCE):
        vectors = [person.vectors for person in people[start : start + _CHECKED_AT_ONCE]]
        for odd in (rows for rows in vectors if rows.ndim != 2 or rows.shape[1] != dimension):
            check_unit_rows(odd, dimension)
        check_unit_rows(np.concatenate(vectors), dimension)


def _fitting(newcomers: Sequence[Person], room: int) -> int:
    """How many of them fit into so many rows."""
    stops = np.cumsum([len(person.vectors) for person in newcomers[: room + 1]])
    return int(np.searchsorted(stops, room, side="right"))
