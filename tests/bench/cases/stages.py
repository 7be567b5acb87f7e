"""What each stage of our own pipeline costs."""

from __future__ import annotations

from contextlib import suppress

import cv2
import numpy as np

from device_bridge.adapters.face_deepface.landmarks68 import Landmarks68
from device_bridge.adapters.face_deepface.models import DEFAULT, MIRROR
from device_bridge.domain.quality import assess
from device_bridge.errors import WeightsMissing
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
    landmarker = Landmarks68()
    stages["landmarks, at gates with a challenge"] = lambda: landmarker.landmarks(vga, face)
    with suppress(WeightsMissing):  # a download that set-up does not make
        attack_detector = registry.attack_detector()
        stages["passive attack detection"] = lambda: attack_detector.look(vga, face)
    rows = interleave("stages", stages, setup.rounds)
    return Result(raw={"stages": rows})
