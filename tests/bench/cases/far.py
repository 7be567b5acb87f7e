"""A face of 48 pixels in 1280×720, and what it costs to find faces that small."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import cv2
import numpy as np

from device_bridge.adapters.face_deepface.yunet import DetectionSettings, shrink
from device_bridge.domain.capture import Frame, ImageU8
from device_bridge.domain.event import CaptureTime, Outcome
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.domain.gate import Gate
from device_bridge.domain.template import Person
from device_bridge.pipeline.observe import Observer
from tests.bench.measure import Result, Setup, interleave
from tests.bench.subjects import PERSON, Ours, open_registry, read

FACE_PX = 48.0
STRANGERS = 1_000
LEAST = (24, 32, 48, 64, 96)
PLACES = 9


def measure(setup: Setup) -> Result:
    """Enrolled from two photos, looked for in the third, at the gate's default settings.

    The face stands at several places of the frame, so that how pixels fall does not decide.
    """
    registry = open_registry(setup)
    ours = Ours(registry)
    photos = [read(setup.faces, name) for name in PERSON]
    templates = [ours.represent(photo)[0][1] for photo in photos]
    seen = found = 0
    for number, photo in enumerate(photos):
        others = np.stack([one for index, one in enumerate(templates) if index != number])
        observer = Observer(ours.detector, ours.embedder, _gallery(ours, others))
        for place in range(PLACES):
            frame = Frame(_far(ours, photo, place), CaptureTime(datetime.now(UTC), 0, "bench"), 0)
            # A detected box may come out a pixel lower than the face was drawn.
            looks = observer.observe(frame, Gate(1, "bench", ZoneInfo("UTC"), min_face_px=44))
            seen += bool(looks)
            found += any(
                look.outcome is Outcome.IDENTIFIED
                and look.candidate is not None
                and look.candidate.person.employee == 0
                for look in looks
            )
    frame = _far(ours, photos[0], 0)
    detectors = {least: registry.detector(DetectionSettings(least)) for least in LEAST}
    rows = interleave(
        "detection in 1280×720",
        {
            f"faces of {least} px and more": lambda one=one: one.detect(frame)
            for least, one in detectors.items()
        },
        setup.rounds,
    )
    looked = len(photos) * PLACES
    return Result(
        keys={
            "face_48px_detected": round(seen / looked, 3),
            "face_48px_identified": round(found / looked, 3),
            "detect_720p_48px_ms": rows["faces of 48 px and more"]["median_ms"],
        },
        raw={"detection_1280x720": rows},
    )


def _gallery(ours: Ours, known: Any) -> MatrixGallery:
    vectors = np.random.default_rng(1).standard_normal((STRANGERS, 128), np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    people = [Person(n + 1, str(n), vectors[n : n + 1]) for n in range(STRANGERS)]
    gallery = MatrixGallery(ours.embedder.model, ours.embedder.dimension)
    gallery.update([Person(0, "known", known), *people], [])
    return gallery


def _far(ours: Ours, photo: ImageU8, place: int) -> ImageU8:
    """The photo with its face FACE_PX high in a frame of 1280×720, compressed as a camera does."""
    height = ours.detector.detect(photo)[0].height_px
    small = shrink(photo, (FACE_PX + 0.5) / height)[:600, :1000]
    frame = np.full((720, 1280, 3), 90, np.uint8)
    top, left = 20 + 31 * place % 100, 30 + 67 * place % 240
    frame[top : top + small.shape[0], left : left + small.shape[1]] = small
    data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 90])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
