"""A face of 48 pixels in 1280×720, and what it costs to find faces that small."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import cv2
import numpy as np

from device_bridge.adapters.face_deepface.yunet import DetectionSettings, shrink
from device_bridge.domain.capture import Frame, ImageU8
from device_bridge.domain.encounter import Encounters
from device_bridge.domain.event import CaptureTime, Outcome
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.domain.gate import Gate
from device_bridge.domain.template import Person, Vectors
from device_bridge.domain.visit import Conclusion
from device_bridge.pipeline.observe import Observer
from tests.bench.measure import Result, Setup, interleave
from tests.bench.subjects import PERSON, Ours, open_registry, read

FACE_PX = 48.0
ENROLLED_PX = 150.0
STRANGERS = 1_000
LEAST = (24, 32, 48, 64, 96)
FRAMES = 10


def measure(setup: Setup) -> Result:
    """One visit of ten frames per photo, at the gate's default settings, vote included.

    Enrolled either from the same photo, its face 150 px high, as a registration station on
    the same day would have it; or from the other photos of the person, taken years apart.
    """
    registry = open_registry(setup)
    ours = Ours(registry)
    photos = [read(setup.faces, name) for name in PERSON]
    templates = [ours.represent(photo)[0][1] for photo in photos]
    visits = []
    for number, photo in enumerate(photos):
        [(_, own)] = ours.represent(_placed(ours, photo, ENROLLED_PX, 0))[:1]
        others = [one for index, one in enumerate(templates) if index != number]
        frames = [_placed(ours, photo, FACE_PX, place) for place in range(FRAMES)]
        visits.append(
            (
                sum(bool(ours.detector.detect(frame)) for frame in frames) / FRAMES,
                _is_identified(ours, frames, [own]),
                _is_identified(ours, frames, others),
            )
        )
    detected, same_day, years_apart = np.mean(visits, axis=0).tolist()
    frame = _placed(ours, photos[0], FACE_PX, 0)
    detectors = {least: registry.detector(DetectionSettings(least)) for least in LEAST}
    rows = interleave(
        "detection in 1280×720",
        {
            f"faces of {least} px and more": lambda one=one: one.detect(frame)
            for least, one in detectors.items()
        },
        setup.rounds,
    )
    return Result(
        keys={
            "face_48px_detected": round(detected, 3),
            "face_48px_identified": round(same_day, 3),
            "face_48px_identified_years_apart": round(years_apart, 3),
            "detect_720p_48px_ms": rows["faces of 48 px and more"]["median_ms"],
        },
        raw={"detection_1280x720": rows},
    )


def _is_identified(ours: Ours, frames: Sequence[ImageU8], known: Sequence[Vectors]) -> bool:
    """Whether a visit that these frames show ends with the person's name."""
    gate = Gate(1, "bench", ZoneInfo("UTC"))
    observer = Observer(ours.detector, ours.embedder, _gallery(ours, np.stack(known)))
    encounters, concluded = Encounters(gate), list[Conclusion]()
    start = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
    for number, image in enumerate(frames):
        at = CaptureTime(start + timedelta(seconds=number / 15), number * 67, "bench")
        concluded += encounters.see(observer.observe(Frame(image, at, number), gate), at)
    return any(
        one.outcome is Outcome.IDENTIFIED
        and one.candidate is not None
        and one.candidate.person.employee == 0
        for one in [*concluded, *encounters.leave()]
    )


def _gallery(ours: Ours, known: Any) -> MatrixGallery:
    vectors = np.random.default_rng(1).standard_normal((STRANGERS, 128), np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    people = [Person(n + 1, str(n), vectors[n : n + 1]) for n in range(STRANGERS)]
    gallery = MatrixGallery(ours.embedder.model, ours.embedder.dimension)
    gallery.update([Person(0, "known", known), *people], [])
    return gallery


def _placed(ours: Ours, photo: ImageU8, face_px: float, place: int) -> ImageU8:
    """A frame of 1280×720 with a face so high, at a place of its own, compressed as a
    camera does."""
    scale = (face_px + 0.5) / ours.detector.detect(photo)[0].height_px
    small = shrink(photo, scale)[:640, :1100]
    frame = np.full((720, 1280, 3), 90, np.uint8)
    top, left = 20 + 3 * place, 30 + 5 * place
    frame[top : top + small.shape[0], left : left + small.shape[1]] = small
    frame = np.clip(frame + np.random.default_rng(place).normal(0, 2, frame.shape), 0, 255)
    data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 90])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
