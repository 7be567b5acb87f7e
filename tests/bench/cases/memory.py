"""The most memory a bridge holds, in a process that does what a bridge does."""

from __future__ import annotations

import importlib
import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import cv2
import numpy as np

from tests.bench.measure import Result, Setup, peak_rss_mb, say_progress

PEOPLE, TEMPLATES, FRAMES = 1_000, 3, 100


def measure(setup: Setup) -> Result:
    """Everything the bridge imports, its engine, 1,000 people, 100 frames of 1280×720.

    The frames show four people, so that four are embedded at once.
    """
    at_start = peak_rss_mb()
    photo = cv2.imread(str(setup.faces / "face-api" / "sample6.jpg"))
    if photo is None:
        raise SystemExit(f"{setup.faces}/face-api/sample6.jpg is missing: run `make setup`.")
    image = cv2.resize(photo, (1280, 720)).astype(np.uint8, copy=False)
    started_s = time.perf_counter()
    # The composition root imports all that a bridge imports.
    importlib.import_module("device_bridge.wiring")
    from device_bridge.adapters.face_deepface.registry import Registry
    from device_bridge.domain.capture import Frame
    from device_bridge.domain.event import CaptureTime
    from device_bridge.domain.gallery import MatrixGallery
    from device_bridge.domain.gate import Gate
    from device_bridge.domain.template import Person
    from device_bridge.pipeline.observe import Observer

    registry = Registry(setup.weights)
    detector, embedder = registry.detector(), registry.embedder()
    gallery = MatrixGallery(embedder.model, embedder.dimension)
    observer = Observer(detector, embedder, gallery)
    frame = Frame(image, CaptureTime(datetime.now(UTC), 0, "bench"), 0)
    gate = Gate(1, "bench", ZoneInfo("UTC"))
    seen = observer.observe(frame, gate)
    first_result_s = time.perf_counter() - started_s
    vectors = np.random.default_rng(0).standard_normal((PEOPLE * TEMPLATES, 128), np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    gallery.update([Person(n, f"Person {n}", vectors[n::PEOPLE]) for n in range(PEOPLE)], [])
    for number in range(FRAMES):
        say_progress("memory", number, FRAMES)
        seen = observer.observe(frame, gate)
    say_progress("memory", FRAMES, FRAMES)
    peak = peak_rss_mb()
    raw = {
        "people": len(gallery),
        "templates": PEOPLE * TEMPLATES,
        "frames": FRAMES,
        "faces_per_frame": len(seen),
        "before_imports_mb": at_start,
        "import_to_first_result_s": round(first_result_s, 3),
    }
    return Result(keys={"rss_mb": peak}, raw={"memory": raw})
