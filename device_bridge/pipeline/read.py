"""Pictures to templates: every face of one, or the one that counts.

Decides nothing about whom they show. Safe to use from several threads.
"""

from __future__ import annotations

from dataclasses import dataclass

from device_bridge.domain.capture import Face, ImageU8, is_bystander
from device_bridge.domain.guidance import Guidance, guidance
from device_bridge.domain.quality import ENROL, MATCH, Defect, Quality, Thresholds, assess
from device_bridge.domain.template import Vectors
from device_bridge.errors import FaceNotUsable
from device_bridge.ports import FaceDetector, FaceEmbedder


@dataclass(frozen=True, slots=True)
class Reading:
    """One face with its template.

    Attributes:
        vector: (dimension,) float32 of length one, None for a face that cannot be aligned.
    """

    face: Face
    quality: Quality | None
    vector: Vectors | None


@dataclass(frozen=True, slots=True)
class Probe:
    """The face of a picture that counts.

    Attributes:
        guidance: why it is not fit to be compared, None if it is.
    """

    reading: Reading | None
    guidance: Guidance | None

    def similarity(self, references: Vectors) -> float | None:
        """Cosine to the closest of the (n, dimension) references; None if it is not fit."""
        if self.guidance or self.reading is None or self.reading.vector is None:
            return None
        return min(1.0, float((references @ self.reading.vector).max()))


class Reader:
    """Reads pictures."""

    def __init__(self, detector: FaceDetector, embedder: FaceEmbedder) -> None:
        self._detector, self._embedder = detector, embedder

    @property
    def model(self) -> str:
        return self._embedder.model

    @property
    def dimension(self) -> int:
        return self._embedder.dimension

    def read(self, image_bgr: ImageU8, thresholds: Thresholds = ENROL) -> list[Reading]:
        """Every face of a picture with its template, largest first."""
        faces = self._detector.detect(image_bgr)
        chips = [self.chip(image_bgr, face) for face in faces]
        vectors = iter(self._embedder.embed([chip for chip in chips if chip is not None]))
        return [
            Reading(face, None, None)
            if chip is None
            else Reading(face, assess(face, chip, image_bgr.shape, thresholds), next(vectors))
            for face, chip in zip(faces, chips, strict=True)
        ]

    def probe(self, image_bgr: ImageU8) -> Probe:
        """The one face of a picture, if it is fit to be compared."""
        readings = self.read(image_bgr, MATCH)
        if not readings:
            return Probe(None, guidance((), faces=0))
        main = readings[0]
        people = 1 + sum(not is_bystander(main.face, one.face) for one in readings[1:])
        defects = main.quality.defects if main.quality else (Defect.TURNED,)
        return Probe(main, guidance(defects, faces=people))

    def chip(self, image: ImageU8, face: Face) -> ImageU8 | None:
        """The aligned face; None if it cannot be."""
        try:
            return self._embedder.align(image, face)
        except FaceNotUsable:
            return None
