"""A whole frame, end to end, on one thread and on two; and what is left of the GIL."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from device_bridge.domain.capture import Frame, ImageU8
from device_bridge.domain.event import CaptureTime
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.domain.gate import Gate
from device_bridge.domain.template import Person
from device_bridge.pipeline.observe import Observer
from tests.bench.measure import Result, Setup, Work, interleave
from tests.bench.subjects import FOUR_FACES, ONE_FACE, DeepFaceSide, Ours, open_registry, scene

PEOPLE = 1_000
FRAMES = 8
HD = (1280, 720)
COUNTED_S = 2.0


def measure(setup: Setup) -> Result:
    """Detection, quality, alignment, embedding, search and decision, as at a gate."""
    ours = Ours(open_registry(setup))
    observer = Observer(ours.detector, ours.embedder, _gallery(ours))
    gate = Gate(1, "bench", ZoneInfo("UTC"))
    rounds = max(5, setup.rounds // 3)
    works: dict[str, Work] = {}
    for people, photo in (("1 face", ONE_FACE), ("4 faces", FOUR_FACES)):
        vga = scene(ours, setup.faces, photo)
        for size, image in (("640×480", vga), ("1280×720", _hd(vga))):
            look = _looking(observer, gate, image)
            for threads, count in (("1 thread", 1), ("2 threads", 2)):
                works[f"{size}, {people}, {threads}"] = _together(look, count)
    rows = interleave(f"{FRAMES} frames per thread, end to end", works, rounds)
    one, two = (rows[f"640×480, 1 face, {n}"]["median_ms"] for n in ("1 thread", "2 threads"))
    deepface = DeepFaceSide()
    vga = scene(ours, setup.faces, ONE_FACE)
    shares = {
        "ours": _gil_free_share(lambda: ours.represent(vga)),
        "DeepFace": _gil_free_share(lambda: deepface.represent(vga)),
    }
    return Result(
        keys={
            "threads_ratio_2_over_1": round(2 * one / two, 2),
            "gil_free_share": round(shares["ours"], 3),
        },
        raw={
            "end_to_end": {name: _per_frame(row) for name, row in rows.items()},
            "gil_free_share": shares,
        },
    )


def _gallery(ours: Ours) -> MatrixGallery:
    vectors = np.random.default_rng(1).standard_normal((PEOPLE, 128), np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    gallery = MatrixGallery(ours.embedder.model, ours.embedder.dimension)
    gallery.update([Person(n, str(n), vectors[n : n + 1]) for n in range(PEOPLE)], [])
    return gallery


def _hd(image: ImageU8) -> ImageU8:
    """The same scene in the middle of a larger picture, as a wider camera would have it."""
    frame = np.full((HD[1], HD[0], 3), 90, np.uint8)
    top, left = (HD[1] - image.shape[0]) // 2, (HD[0] - image.shape[1]) // 2
    frame[top : top + image.shape[0], left : left + image.shape[1]] = image
    return frame


def _looking(observer: Observer, gate: Gate, image: ImageU8) -> Callable[[], object]:
    frame = Frame(image, CaptureTime(datetime.now(UTC), 0, "bench"), 0)
    if not observer.observe(frame, gate):
        raise SystemExit("the gate sees nobody in a picture with a face")
    return lambda: observer.observe(frame, gate)


def _together(look: Callable[[], object], threads: int) -> Work:
    """FRAMES frames in each of so many threads at once."""

    def several() -> None:
        for _ in range(FRAMES):
            look()

    def work() -> None:
        running = [threading.Thread(target=several) for _ in range(threads)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()

    return work


def _per_frame(row: dict[str, Any]) -> dict[str, Any]:
    """Times of one frame of a thread; `cores` of two busy threads is 2."""
    return {
        name: round(value / FRAMES, 4) if name.endswith("_ms") else value
        for name, value in row.items()
    }


def _gil_free_share(work: Work) -> float:
    """How fast plain Python counts beside the work, over how fast it counts alone."""
    alone = _count()
    stop = threading.Event()

    def working() -> None:
        while not stop.is_set():
            work()

    thread = threading.Thread(target=working)
    thread.start()
    beside = _count()
    stop.set()
    thread.join()
    return beside / alone


def _count() -> int:
    counted, ends = 0, time.perf_counter() + COUNTED_S
    while time.perf_counter() < ends:
        counted += 1
    return counted
