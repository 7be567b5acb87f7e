"""Searches in a gallery, and what k of n looks agree on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from device_bridge.domain.event import Outcome
from device_bridge.domain.matching import accept
from device_bridge.domain.template import Candidate, Person, Vectors
from device_bridge.evaluation.splits import Split
from device_bridge.ports import Gallery

MakeGallery = Callable[[], Gallery]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the product decides by.

    Attributes:
        threshold, margin: as a gate has them.
        votes: looks that must name the same person.
    """

    threshold: float
    margin: float
    votes: int = 1


@dataclass(frozen=True, slots=True)
class Search:
    """One look at somebody, or several that vote.

    Attributes:
        person: who it was.
        enrolled: whether that person is in the gallery.
        named: whom enough looks come closest to; None if no two people agree.
        similarity: the least of the looks that this takes; the search identifies
            `named` at every threshold up to this.
        decided: who is identified at the default threshold and margin, if anybody.
    """

    person: int
    enrolled: bool
    named: int | None
    similarity: float
    decided: int | None

    @property
    def right(self) -> bool:
        return self.enrolled and self.named == self.person


def search_split(
    split: Split, vectors: Vectors, make_gallery: MakeGallery, decision: Decision
) -> list[Search]:
    """All searches of one split, in a gallery of its own.

    Args:
        vectors: (samples, dimension) float32 of length one.
    """
    gallery = make_gallery()
    people = [Person(who, str(who), vectors[list(own)]) for who, own in split.enrolled.items()]
    gallery.update(people, [], model=gallery.model)
    asked = [(who, True, group) for who, group in split.mated]
    asked += [(who, False, group) for who, group in split.strangers]
    rows = [sample for _, _, group in asked for sample in group]
    found = iter(gallery.search(vectors[rows], model=gallery.model) if rows else [])
    searches = []
    for who, enrolled, group in asked:
        looks = [next(found) for _ in group]
        named, similarity = agreement(looks, decision.votes)
        decided = _decided(looks, decision)
        searches.append(Search(who, enrolled, named, similarity, decided))
    return searches


def agreement(looks: Sequence[Candidate | None], votes: int) -> tuple[int | None, float]:
    """Whom at least `votes` looks come closest to, and the least similarity of the best of them.

    With one look this is its candidate.
    """
    by_person: dict[int, list[float]] = {}
    for look in looks:
        if look is not None:
            by_person.setdefault(look.person.employee, []).append(look.similarity)
    scores = {
        who: sorted(similarities, reverse=True)[votes - 1]
        for who, similarities in by_person.items()
        if len(similarities) >= votes
    }
    if not scores:
        return None, -1.0
    best = max(scores, key=lambda who: scores[who])
    return best, scores[best]


def _decided(looks: Sequence[Candidate | None], decision: Decision) -> int | None:
    accepted = [
        look
        for look in looks
        if accept(look, decision.threshold, decision.margin) is Outcome.IDENTIFIED
    ]
    return agreement(accepted, decision.votes)[0]


def similarities(searches: Sequence[Search]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """(n,) the similarity of each search."""
    return np.array([one.similarity for one in searches], np.float64)
