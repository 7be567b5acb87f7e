"""One frame → what it says of each face in it."""

from __future__ import annotations

import zlib

import numpy as np

from device_bridge.domain.capture import Face, Frame, ImageU8
from device_bridge.domain.event import Outcome
from device_bridge.domain.gate import Gate
from device_bridge.domain.matching import accept
from device_bridge.domain.quality import MATCH, assess
from device_bridge.domain.visit import Observation
from device_bridge.errors import FaceNotUsable
from device_bridge.ports import FaceDetector, FaceEmbedder, Gallery


class Observer:
    """Detect → quality → align → embed → match. Holds no state of its own."""

    def __init__(self, detector: FaceDetector, embedder: FaceEmbedder, gallery: Gallery) -> None:
        self._detector, self._embedder, self._gallery = detector, embedder, gallery

    def observe(self, frame: Frame, gate: Gate) -> list[Observation]:
        """An observation for every face of at least the gate's size."""
        image = frame.image_bgr
        faces = [
            face for face in self._detector.detect(image) if face.height_px >= gate.min_face_px
        ]
        chips = [self._usable_chip(image, face) for face in faces]
        probes = self._embedder.embed([chip for chip in chips if chip is not None])
        found = iter(zip(probes, self._gallery.search(probes), strict=True))
        observations = []
        for face, chip in zip(faces, chips, strict=True):
            fingerprint = _fingerprint(image, face)
            if chip is None:
                observations.append(Observation(face, fingerprint, Outcome.LOW_QUALITY))
                continue
            probe, candidate = next(found)
            outcome = accept(candidate, gate.threshold, gate.margin)
            observations.append(Observation(face, fingerprint, outcome, candidate, probe))
        return observations

    def _usable_chip(self, image: ImageU8, face: Face) -> ImageU8 | None:
        """The aligned face, or None if it is not fit to be compared."""
        try:
            chip = self._embedder.align(image, face)
        except FaceNotUsable:
            return None
        return None if assess(face, chip, image.shape, MATCH).defects else chip


def _fingerprint(image: ImageU8, face: Face) -> int:
    """Equal for the same pixels at the same place: a frame that was merely repeated."""
    x, y, width, height = (round(value) for value in face.box_px)
    crop = image[max(0, y) : max(0, y + height), max(0, x) : max(0, x + width)]
    return zlib.crc32(np.ascontiguousarray(crop).tobytes())
