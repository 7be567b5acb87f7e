"""Which face in this frame is which face of the frame before."""

from __future__ import annotations

from collections.abc import Sequence

from device_bridge.domain.capture import Face

REACH = 1.0
"""A face may move by this many of its own heights between two looks and still be the
same one: at 15 frames a second that is a run; at 3 a second still a walk."""


def match_tracks(known: Sequence[Face], seen: Sequence[Face]) -> list[int | None]:
    """For each face in `seen` the index in `known` it continues, or None for a new one.

    Nearest pairs first; each known face continues at most once; sizes must agree
    within a factor of two, so that a face behind another does not inherit its votes.
    """
    pairs = sorted(
        (distance, new, old)
        for new, face in enumerate(seen)
        for old, before in enumerate(known)
        if (distance := _distance(before, face)) is not None
    )
    result: list[int | None] = [None] * len(seen)
    taken: set[int] = set()
    for _, new, old in pairs:
        if result[new] is None and old not in taken:
            result[new] = old
            taken.add(old)
    return result


def _distance(before: Face, after: Face) -> float | None:
    """Distance of the centres in face heights, None if it cannot be the same face."""
    small, large = sorted((before.height_px, after.height_px))
    if small <= 0 or large / small > 2:
        return None
    (x0, y0), (x1, y1) = before.centre_px, after.centre_px
    distance = float(((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5) / large
    return distance if distance <= REACH else None
