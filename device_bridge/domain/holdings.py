"""Which templates this bridge holds, so that it never says "erased" of one it still has."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping


class Holdings:
    """UUIDs of the templates held, by person; no vector is kept here."""

    def __init__(self) -> None:
        self._of: dict[int, frozenset[str]] = {}

    def replace(self, people: Mapping[int, Collection[str]]) -> None:
        """What is known of these people is now exactly these templates."""
        self._of.update({person: frozenset(uuids) for person, uuids in people.items()})

    def forget(self, gone: Iterable[int]) -> None:
        for person in gone:
            self._of.pop(person, None)

    def clear(self) -> None:
        self._of.clear()

    def without(self, asked: Mapping[str, Collection[str]]) -> list[str]:
        """Those of the erasures (their templates by the erasure's UUID) that are done here."""
        held = frozenset().union(*self._of.values())
        return [erasure for erasure, templates in asked.items() if held.isdisjoint(templates)]
