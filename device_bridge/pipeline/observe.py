"""One frame → what it says of each face in it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from device_bridge.domain.capture import Face, Frame, ImageU8
from device_bridge.domain.event import Outcome
from device_bridge.domain.fingerprint import fingerprint
from device_bridge.domain.gate import Gate
from device_bridge.domain.landmarks import features
from device_bridge.domain.liveness import PadMode
from device_bridge.domain.matching import accept
from device_bridge.domain.quality import MATCH, Defect, assess
from device_bridge.domain.template import require_same_model
from device_bridge.domain.visit import Observation
from device_bridge.errors import FaceNotUsable, WeightsMissing
from device_bridge.ports import AttackDetector, FaceDetector, FaceEmbedder, Gallery, Landmarker


@dataclass(frozen=True, slots=True)
class Liveness:
    """What attack detection needs, each had when the first gate asks for it.

    Both raise WeightsMissing, and give the same object every time.
    """

    attack_detector: Callable[[], AttackDetector]
    landmarker: Callable[[], Landmarker]


class Observer:
    """Detect → quality → align → embed → match → attack detection, as far as the gate asks.

    Holds no state of its own.
    """

    def __init__(
        self,
        detector: FaceDetector,
        embedder: FaceEmbedder,
        gallery: Gallery,
        liveness: Liveness | None = None,
        max_distance: float | None = None,
    ) -> None:
        """
        Args:
            max_distance: see `accept`.

        Raises:
            ModelMismatch: the embedder's templates are not the gallery's.
        """
        require_same_model(embedder.model, gallery.model)
        self._detector, self._embedder, self._gallery = detector, embedder, gallery
        self._liveness, self._max_distance = liveness, max_distance

    def prepare(self, gate: Gate) -> None:
        """Load what the gate's attack detection needs.

        Raises:
            WeightsMissing: it cannot be had; the gate must not decide without it.
        """
        self._tools(gate.pad)

    def observe(self, frame: Frame, gate: Gate) -> list[Observation]:
        """An observation for every face of at least the gate's size.

        Raises:
            WeightsMissing: as `prepare`.
        """
        image = frame.image_bgr
        faces = [
            face for face in self._detector.detect(image) if face.height_px >= gate.min_face_px
        ]
        fit = [self._fit(image, face) for face in faces]
        probes = self._embedder.embed([chip for chip, _ in fit if chip is not None])
        found = iter(
            zip(probes, self._gallery.search(probes, model=self._embedder.model), strict=True)
        )
        observations = []
        for face, (chip, defects) in zip(faces, fit, strict=True):
            seen = Observation(face, fingerprint(image, face), Outcome.LOW_QUALITY, defects=defects)
            if chip is not None:
                probe, candidate = next(found)
                outcome = accept(candidate, gate.threshold, gate.margin, self._max_distance)
                seen = replace(seen, outcome=outcome, candidate=candidate, probe=probe)
            observations.append(self._with_liveness(seen, image, gate.pad))
        return observations

    def _fit(self, image: ImageU8, face: Face) -> tuple[ImageU8 | None, tuple[Defect, ...]]:
        """The aligned face, or None and why it is not fit to be compared."""
        try:
            chip = self._embedder.align(image, face)
        except FaceNotUsable:
            return None, ()
        defects = assess(face, chip, image.shape, MATCH).defects
        return (None if defects else chip), defects

    def _with_liveness(self, seen: Observation, image: ImageU8, mode: PadMode) -> Observation:
        """The passive detector sees only faces that are recognised, and so fit to be judged;
        a challenge needs the turned ones as well."""
        attack_detector, landmarker = self._tools(mode)
        with suppress(FaceNotUsable):
            if attack_detector is not None and seen.outcome is Outcome.IDENTIFIED:
                seen = replace(seen, pad_look=attack_detector.look(image, seen.face))
        with suppress(FaceNotUsable):
            if landmarker is not None:
                points = landmarker.landmarks(image, seen.face)
                seen = replace(seen, features=features(points))
        return seen

    def _tools(self, mode: PadMode) -> tuple[AttackDetector | None, Landmarker | None]:
        if mode is PadMode.OFF:
            return None, None
        if self._liveness is None:
            raise WeightsMissing("this program was put together without attack detection")
        return (
            self._liveness.attack_detector() if mode.is_passive else None,
            self._liveness.landmarker() if mode.is_active else None,
        )
