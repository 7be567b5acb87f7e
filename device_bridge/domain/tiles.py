"""A large picture in overlapping parts, and the faces found in them put together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from device_bridge.domain.capture import Face

Tile = tuple[int, int, int, int]
"""x, y, width, height in pixels."""

_SHARED = 0.5
"""Of the smaller box: so much of one face in another is the same face, cut or looked at twice."""


def tiles(width: int, height: int, side_px: int, overlap_px: int) -> list[Tile]:
    """Parts of at most side_px × side_px that cover the picture; none if it is no larger.

    Args:
        overlap_px: least that neighbours share: a face of this size is whole in one of them.
    """
    if max(width, height) <= side_px:
        return []
    columns, rows = (_starts(length, side_px, overlap_px) for length in (width, height))
    return [(x, y, min(side_px, width), min(side_px, height)) for y in rows for x in columns]


def moved(face: Face, x: int, y: int) -> Face:
    """A face found in the part that begins there, in pixels of the whole picture."""
    left, top, width, height = face.box_px
    points = (face.landmarks_px + np.array([x, y], np.float32)).astype(np.float32)
    return replace(face, box_px=(left + x, top + y, width, height), landmarks_px=points)


def without_repeats(faces: Iterable[Face], most: int) -> list[Face]:
    """Each face once, largest first, at most so many.

    Of two boxes that are one face the larger one is whole: the other was cut at a seam.
    """
    kept: list[Face] = []
    for face in sorted(faces, key=_area, reverse=True):
        if not any(_is_same(face, other) for other in kept):
            kept.append(face)
    return sorted(kept, key=lambda one: one.height_px, reverse=True)[:most]


def _starts(length: int, side_px: int, overlap_px: int) -> list[int]:
    """Where parts begin, evenly spread."""
    if length <= side_px:
        return [0]
    count = -(-(length - overlap_px) // (side_px - overlap_px))
    return [round(number * (length - side_px) / (count - 1)) for number in range(count)]


def _is_same(one: Face, other: Face) -> bool:
    shared = 1.0
    for axis in (0, 1):
        start = max(one.box_px[axis], other.box_px[axis])
        ends = (face.box_px[axis] + face.box_px[axis + 2] for face in (one, other))
        shared *= max(0.0, min(ends) - start)
    return shared > _SHARED * min(_area(one), _area(other))


def _area(face: Face) -> float:
    return face.box_px[2] * face.box_px[3]
