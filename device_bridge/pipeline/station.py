"""A registration station: one camera, one person after the other, several pictures of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from device_bridge.domain.pose import Pose
from device_bridge.domain.selection import best_of_each_pose, missing
from device_bridge.errors import FaceNotUsable
from device_bridge.pipeline.capture import TURNED
from device_bridge.pipeline.enrol import Enroller, Reference
from device_bridge.ports import Camera

LOOKS_PER_PICTURE = 4
"""So many frames are looked at, at most, for each one that is wanted: then nobody is there."""


@dataclass(frozen=True, slots=True)
class Collection:
    """What a camera saw of one person.

    Attributes:
        references: fit to enrol, at most `selection.MOST_TEMPLATES`.
        looked: how many frames were looked at.
        poses_missing: of which there is none.
    """

    references: list[Reference]
    looked: int
    poses_missing: tuple[Pose, ...]


class Station:
    """Collects pictures of whoever stands before the camera.

    Args:
        tell: says what is wrong, or which pose is wanted; called when that changes.
    """

    def __init__(self, enroller: Enroller, camera: Camera, tell: Callable[[str], None]) -> None:
        self._enroller, self._camera, self._tell = enroller, camera, tell
        self._told = ""

    def collect(self, frames: int = 50, every: int = 5) -> Collection:
        """Up to `frames` pictures of one person, of every `every`-th frame.

        Ends early when the recording ends or nobody fit is seen for long.

        Raises:
            CameraLost, CameraUnreadable: it gives no pictures.
        """
        self._told, found, looked = "", list[Reference](), 0
        for count, frame in enumerate(self._camera.frames()):
            if count % every:
                continue
            looked += 1
            try:
                found.append(self._enroller.reference(frame.image_bgr, TURNED))
            except FaceNotUsable as error:
                self._say(str(error))
            else:
                self._say(self._wanted(found, frames))
            if len(found) >= frames or looked >= frames * LOOKS_PER_PICTURE:
                break
        return Collection(best_of_each_pose(found), looked, tuple(missing(found)))

    def _wanted(self, found: list[Reference], frames: int) -> str:
        """A third of the pictures from each side, whoever turns when asked."""
        for pose, words in _ASKED.items():
            if sum(one.pose is pose for one in found) < max(1, frames // 3):
                return words
        return "hold still"

    def _say(self, words: str) -> None:
        if words != self._told:
            self._told = words
            self._tell(words)


_ASKED = {
    Pose.FRONTAL: "look straight at the camera",
    Pose.LEFT: "turn your head slowly to your left",
    Pose.RIGHT: "turn your head slowly to your right",
}
