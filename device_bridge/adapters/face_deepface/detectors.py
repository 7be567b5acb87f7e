"""DeepFace's other face detectors behind the port that YuNet implements."""

from __future__ import annotations

import difflib
import threading
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device_bridge.adapters.face_deepface.yunet import (
    LARGEST_SIDE_PX,
    DetectionSettings,
    YuNet,
    check_picture,
    shrink,
)
from device_bridge.domain.capture import Face, ImageU8, Points
from device_bridge.errors import ImageUnreadable, SettingsError

YUNET = "yunet"
_POINTS = ("right_eye", "left_eye", "nose", "mouth_right", "mouth_left")


@dataclass(frozen=True, slots=True)
class Detector:
    """One detector that can be chosen.

    Attributes:
        name: DeepFace's.
        min_score: what it gives below this is no face.
        points: how many landmarks it finds; with fewer than five, YuNet looks for them
            in the detector's boxes.
        files: weight files that must be there.
        needs: the Python package without which it cannot run, and how to get it.
        licence: of the weights.
    """

    name: str
    min_score: float
    points: int
    files: tuple[str, ...] = ()
    needs: tuple[str, str] | None = None
    licence: str = ""


_TENSORFLOW = ("tensorflow", 'pip install "device-bridge[tensorflow]"')
DETECTORS = (
    Detector(YUNET, 0.7, 5, licence="MIT (OpenCV Zoo)"),
    # Its small false faces score 0.7 to 0.9 (docs/models.md).
    Detector("mtcnn", 0.95, 5, needs=_TENSORFLOW, licence="MIT"),
    # 0.9 is DeepFace's own.
    Detector(
        "retinaface",
        0.9,
        5,
        ("retinaface.h5",),
        _TENSORFLOW,
        "MIT (code); trained on WIDER FACE, for research only",
    ),
    # Haar cascades give no probability.
    Detector("opencv", 0.0, 2, licence="Intel licence (BSD-like), in the opencv package"),
    Detector(
        "ssd",
        0.9,
        0,
        ("deploy.prototxt", "res10_300x300_ssd_iter_140000.caffemodel"),
        licence="BSD-3-Clause (OpenCV)",
    ),
)


def find(name: str) -> Detector:
    """Raises SettingsError if there is none, naming the closest."""
    for detector in DETECTORS:
        if name == detector.name:
            return detector
    names = [detector.name for detector in DETECTORS]
    [close, *_] = difflib.get_close_matches(name, names, n=1, cutoff=0.4) or [YUNET]
    raise SettingsError(
        f"unknown detector {name!r}; did you mean {close!r}? There are {', '.join(names)}."
    )


class DeepFaceDetector:
    """A FaceDetector around a DeepFace client.

    The client is called by one thread at a time: OpenCV's networks and cascades keep the
    state of a call in the object, and TensorFlow's MTCNN gains nothing from two.
    """

    def __init__(
        self, client: Any, detector: Detector, settings: DetectionSettings, helper: YuNet | None
    ) -> None:
        """
        Args:
            helper: finds the landmarks that the detector does not give.
        """
        self._client, self._detector, self._settings = client, detector, settings
        self._helper = helper
        self._lock = threading.Lock()

    def detect(self, image_bgr: ImageU8) -> tuple[Face, ...]:
        """Faces of a (height, width, 3) uint8 picture, largest first.

        A face without five points, and in which YuNet sees none either, has NaN for
        landmarks: the quality gate refuses it, because nobody can say how it is turned.

        Raises:
            ImageUnreadable: the array is of another shape or type, or the detector
                cannot cope with the picture.
        """
        check_picture(image_bgr)
        scale = min(1.0, LARGEST_SIDE_PX / max(image_bgr.shape[:2]))
        small = shrink(image_bgr, scale)
        found = [self._face(region, small) for region in self._regions(small)]
        faces = [_scaled(face, 1 / scale) for face in found if face is not None]
        faces.sort(key=lambda face: face.height_px, reverse=True)
        return tuple(faces[: self._settings.max_faces])

    def _regions(self, image_bgr: ImageU8) -> list[Any]:
        with self._lock:
            try:
                return list(self._client.detect_faces(image_bgr))
            except Exception as error:  # five libraries, each with errors of its own
                raise ImageUnreadable(
                    f"the detector {self._detector.name} cannot cope with this picture "
                    f"({type(error).__name__})"
                ) from error

    def _face(self, region: Any, image_bgr: ImageU8) -> Face | None:
        box = np.array([region.x, region.y, region.w, region.h], np.float64)
        score = float(region.confidence or 0)
        if not np.isfinite(box).all() or not (box[2:] >= 1).all() or not np.isfinite(score):
            return None
        if score < self._detector.min_score:
            return None
        x, y, width, height = (float(value) for value in box)
        points = [getattr(region, name) for name in _POINTS]
        face = Face((x, y, width, height), _no_points(), min(max(score, 0.0), 1.0))
        if self._detector.points == 5 and all(point is not None for point in points):
            return replace(face, landmarks_px=np.array(points, np.float32))
        return replace(face, landmarks_px=self._points_in(image_bgr, face))

    def _points_in(self, image_bgr: ImageU8, face: Face) -> Points:
        """YuNet's landmarks of the face in this box, in pixels of `image_bgr`."""
        x, y, width, height = face.box_px
        # Half a face around it: YuNet knows faces by what surrounds them.
        left, top = max(0, int(x - width / 2)), max(0, int(y - height / 2))
        part = image_bgr[top : int(y + 1.5 * height) + 1, left : int(x + 1.5 * width) + 1]
        if self._helper is None or not part.size:
            return _no_points()
        middle = np.array(face.centre_px) - (left, top)
        inside = [
            found
            for found in self._helper.detect(np.ascontiguousarray(part))
            if (np.abs(np.array(found.centre_px) - middle) < (width / 2, height / 2)).all()
        ]
        if not inside:
            return _no_points()
        points: Points = inside[0].landmarks_px + np.array([left, top], np.float32)
        return points


def _no_points() -> Points:
    return np.full((5, 2), np.nan, np.float32)


def _scaled(face: Face, scale: float) -> Face:
    x, y, width, height = (value * scale for value in face.box_px)
    points: NDArray[np.float32] = (face.landmarks_px * scale).astype(np.float32)
    return Face((x, y, width, height), points, face.score)
