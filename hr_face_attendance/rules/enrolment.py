"""What an enrolment needs before its templates are used, and which of its captures are taken."""

from dataclasses import dataclass

FRONTAL, LEFT, RIGHT = "frontal", "left", "right"
POSES = [(FRONTAL, "From the front"), (LEFT, "Turned left"), (RIGHT, "Turned right")]
"""Whose left: the person's own."""
MOST_TEMPLATES = 8
"""Of one person. Three or four lose a face in a hundred fewer than one; more gain little
(FINDINGS: 1 → .950, 2 → .988, 3 → .996, 5 → .998 found at no false alarm)."""
MOST_CAPTURES = 24
"""Of one enrolment that wait for a decision."""
LIVE = frozenset({"dialog", "link", "station"})
"""Sources at which somebody can be asked to turn their head."""


@dataclass(frozen=True)
class Capture:
    """A face fit to enrol. `quality` is 0 to 1."""

    uuid: str
    pose: str
    quality: float


def missing(captures, source):
    """What must still be captured, as poses in the order in which to ask for them.

    Turned frames are what makes somebody recognised who passes a gate without looking at
    it; photos that people bring are from the front, and are taken as they are.
    """
    wanted = [FRONTAL, LEFT, RIGHT] if source in LIVE else [FRONTAL]
    there = {capture.pose for capture in captures}
    return [pose for pose in wanted if pose not in there]


def chosen(captures, most=MOST_TEMPLATES):
    """Those to make templates of: the best of each pose in turn, at most `most`."""
    by_pose = {}
    for capture in sorted(captures, key=lambda one: (-one.quality, one.uuid)):
        by_pose.setdefault(capture.pose, []).append(capture)
    ranked = [
        (rank, order, capture)
        for order, pose in enumerate((FRONTAL, LEFT, RIGHT))
        for rank, capture in enumerate(by_pose.get(pose, ()))
    ]
    return [capture for _rank, _order, capture in sorted(ranked, key=lambda one: one[:2])][:most]
