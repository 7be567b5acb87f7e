"""Watch a gate for some seconds, and say how well it sees. Decides about nobody."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from device_bridge.domain.capture import Face, ImageU8
from device_bridge.domain.gate import Gate
from device_bridge.domain.quality import measure
from device_bridge.errors import FaceNotUsable
from device_bridge.pipeline.observe import Observer
from device_bridge.ports import Camera, Clock, FaceDetector, FaceEmbedder


@dataclass(frozen=True, slots=True)
class View:
    """What was seen; None where nobody stood at the mark.

    Attributes:
        observe_ms: to look at one frame with a face in it, 95 of 100 times at most.
    """

    fps: float
    width: int
    height: int
    face_px: float | None
    brightness: float | None
    burnt_part: float
    observe_ms: float | None


def watch(
    camera: Camera,
    gate: Gate,
    observer: Observer,
    detector: FaceDetector,
    embedder: FaceEmbedder,
    clock: Clock,
    for_s: float,
) -> View:
    """Raises CameraLost, CameraUnreadable, NotReady."""
    heights, lights, burnt, took_ms = [], [], [], []
    first = last = None
    for frame in camera.frames():
        first, last = first or frame, frame
        began_s = clock.monotonic_s()
        observer.observe(frame, gate)
        spent_ms = (clock.monotonic_s() - began_s) * 1000
        faces = detector.detect(frame.image_bgr)
        if faces:
            took_ms.append(spent_ms)
            heights.append(faces[0].height_px)
            found = _light(embedder, frame.image_bgr, faces[0])
            if found is not None:
                lights.append(found[0])
                burnt.append(found[1])
        if frame.time.seconds_since(first.time) >= for_s:
            camera.close()
    if first is None or last is None:
        return View(0.0, 0, 0, None, None, 0.0, None)
    seconds = last.time.seconds_since(first.time)
    height, width = last.image_bgr.shape[:2]
    return View(
        fps=(last.number - first.number) / seconds if seconds else 0.0,
        width=width,
        height=height,
        face_px=median(heights) if heights else None,
        brightness=median(lights) if lights else None,
        burnt_part=median(burnt) if burnt else 0.0,
        observe_ms=sorted(took_ms)[int(len(took_ms) * 0.95)] if took_ms else None,
    )


def _light(embedder: FaceEmbedder, image: ImageU8, face: Face) -> tuple[float, float] | None:
    try:
        measures = measure(face, embedder.align(image, face), image.shape)
    except FaceNotUsable:
        return None
    return measures.brightness, measures.burnt_part
