"""Who is enrolled, who is looked for, who is a stranger: drawn at random, repeatably."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from device_bridge.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Draw:
    """How the people are divided.

    Attributes:
        enrol: photos per enrolled person.
        strangers: people left out of the gallery; None for a quarter of all.
        frames: different photos that vote together; 1 for no vote.
    """

    enrol: int = 3
    strangers: int | None = None
    splits: int = 20
    seed: int = 0
    frames: int = 1


@dataclass(frozen=True, slots=True)
class Available:
    """One person's samples, as indices, that may be used to enrol and to be looked for."""

    to_enrol: tuple[int, ...]
    to_match: tuple[int, ...]

    def suffices(self, draw: Draw) -> bool:
        """Whether enough is left to look for when as many as possible also serve to enrol."""
        left = len(set(self.to_match)) - max(
            0, draw.enrol - len(set(self.to_enrol) - set(self.to_match))
        )
        return len(self.to_enrol) >= draw.enrol and left >= draw.frames


@dataclass(frozen=True, slots=True)
class Split:
    """One division.

    Attributes:
        enrolled: person → samples in the gallery.
        mated, strangers: (person, samples that are one look, or vote together).
    """

    enrolled: dict[int, tuple[int, ...]]
    mated: tuple[tuple[int, tuple[int, ...]], ...]
    strangers: tuple[tuple[int, tuple[int, ...]], ...]


def draw_splits(people: Sequence[Available], draw: Draw) -> list[Split]:
    """The divisions that a seed gives.

    People with too few photos to be enrolled are strangers in every split, besides those
    drawn, as far as they have photos to be looked for.

    Raises:
        SettingsError: too few people for that.
    """
    if draw.enrol < 1 or draw.splits < 1 or draw.frames < 1:
        raise SettingsError("--enrol, --splits and --frames start at 1.")
    able = [who for who, one in enumerate(people) if one.suffices(draw)]
    wanted = max(1, len(able) // 4) if draw.strangers is None else draw.strangers
    if len(people) < 2:
        raise SettingsError("One person cannot be told apart from anybody: give two or more.")
    if not 0 <= wanted < len(able):
        raise SettingsError(
            f"{len(able)} of {len(people)} people have enough usable photos to be enrolled with"
            f" {draw.enrol} and looked for with {draw.frames}; that is too few for"
            f" {wanted} strangers and somebody to enrol."
        )
    rng = np.random.default_rng(draw.seed)
    unable = [who for who in range(len(people)) if who not in set(able)]
    return [_split(people, able, unable, wanted, draw, rng) for _ in range(draw.splits)]


def _split(
    people: Sequence[Available],
    able: Sequence[int],
    unable: Sequence[int],
    strangers: int,
    draw: Draw,
    rng: np.random.Generator,
) -> Split:
    order = [int(who) for who in rng.permutation(np.asarray(able))]
    enrolled: dict[int, tuple[int, ...]] = {}
    mated = []
    for who in sorted(order[strangers:]):
        chosen = _chosen(people[who], draw, rng)
        enrolled[who] = chosen
        left = [one for one in people[who].to_match if one not in chosen]
        mated += [(who, group) for group in _groups(left, draw.frames, rng)]
    others = sorted([*order[:strangers], *unable])
    return Split(
        enrolled,
        tuple(mated),
        tuple(
            (who, group)
            for who in others
            for group in _groups(people[who].to_match, draw.frames, rng)
        ),
    )


def _chosen(one: Available, draw: Draw, rng: np.random.Generator) -> tuple[int, ...]:
    """Samples to enrol; what cannot be looked for anyway first, if the rest is short."""
    shuffled = [int(index) for index in rng.permutation(np.asarray(one.to_enrol))]
    chosen = shuffled[: draw.enrol]
    if len(set(one.to_match) - set(chosen)) < draw.frames:
        chosen = sorted(shuffled, key=lambda index: index in one.to_match)[: draw.enrol]
    return tuple(chosen)


def _groups(samples: Sequence[int], frames: int, rng: np.random.Generator) -> list[tuple[int, ...]]:
    """Different samples that vote together; a remainder too small to vote is left out."""
    shuffled = [int(index) for index in rng.permutation(np.asarray(samples, np.intp))]
    return [
        tuple(shuffled[start : start + frames])
        for start in range(0, len(shuffled) - frames + 1, frames)
    ]
