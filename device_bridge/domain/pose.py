"""Which way a face is turned, as far as five points tell."""

from __future__ import annotations

from enum import StrEnum

from device_bridge.domain.capture import Points
from device_bridge.domain.quality import pose

FRONTAL_NOSE_OFFSET = 0.1
"""Half of what enrolment accepts at all (`quality.ENROL`): some 15 degrees."""


class Pose(StrEnum):
    """Approximate: five points do not tell how far a nose stands out.

    Left and right are the person's own.
    """

    FRONTAL = "frontal"
    LEFT = "left"
    RIGHT = "right"


def pose_of(landmarks_px: Points) -> Pose:
    """Of (5, 2) landmarks; the order of the eyes is that of `capture.Face`."""
    _, nose_offset = pose(landmarks_px)
    if nose_offset > FRONTAL_NOSE_OFFSET:
        return Pose.LEFT
    return Pose.RIGHT if nose_offset < -FRONTAL_NOSE_OFFSET else Pose.FRONTAL
