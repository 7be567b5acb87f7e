"""Which pictures of a person become templates: the best of each pose in turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from device_bridge.domain.pose import Pose

MOST_TEMPLATES = 8
"""Of one person: Odoo takes no more (hr_face_attendance/rules/enrolment.py)."""


class Posed(Protocol):
    """A picture's face."""

    @property
    def pose(self) -> Pose: ...

    @property
    def quality(self) -> float:
        """0–1."""


T = TypeVar("T", bound=Posed)


def best_of_each_pose(pictures: Sequence[T], most: int = MOST_TEMPLATES) -> list[T]:
    """At most `most`: first the best of each pose, then the second best of each, and so on."""
    ranked: list[tuple[int, T]] = []
    for pose in Pose:
        own = sorted((one for one in pictures if one.pose is pose), key=lambda one: -one.quality)
        ranked += enumerate(own)
    return [one for _, one in sorted(ranked, key=lambda item: item[0])][:most]


def missing(pictures: Sequence[Posed]) -> list[Pose]:
    """The poses of which there is no picture, in the order in which to ask for them."""
    there = {one.pose for one in pictures}
    return [pose for pose in Pose if pose not in there]
