"""What each stage of our own pipeline costs."""

from __future__ import annotations

import cv2
import numpy as np

from device_bridge.adapters.face_deepface.models import DEFAULT, MIRROR
from device_bridge.domain.quality import assess
from tests.bench.measure import Result, Setup, Work, interleave
from tests.bench.subjects import ONE_FACE, Ours, open_registry, scene


def measure(setup: Setup) -> Result:
    registry = open_registry(setup)
    ours, mirrored = Ours(registry), registry.embedder(DEFAULT.id + MIRROR)
    vga = scene(ours, setup.faces, ONE_FACE)
    hd = cv2.resize(vga, (1280, 720)).astype(np.uint8, copy=False)
    [face] = ours.detector.detect(vga)
    chip = ours.embedder.align(vga, face)
    stages: dict[str, Work] = {
        "detect 640×480": lambda: ours.detector.detect(vga),
        "detect 1280×720": lambda: ours.detector.detect(hd),
        "align": lambda: ours.embedder.align(vga, face),
        "quality": lambda: assess(face, chip, vga.shape),
        "embed": lambda: ours.embedder.embed([chip]),
        "embed, mirror-averaged": lambda: mirrored.embed([chip]),
        "embed four": lambda: ours.embedder.embed([chip] * 4),
    }
    rows = interleave("stages", stages, setup.rounds)
    return Result(raw={"stages": rows})
