"""Pictures and faces of any kind: found, aligned and embedded, or a typed error."""

from __future__ import annotations

import functools

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from device_bridge.adapters.face_deepface.embedder import Embedder
from device_bridge.adapters.face_deepface.registry import Registry
from device_bridge.domain.capture import Face
from device_bridge.domain.quality import assess
from device_bridge.errors import FaceNotUsable, ImageUnreadable
from device_bridge.ports import FaceDetector
from tests.conftest import CACHE

NAME = "faces"
_ANY = st.floats(allow_nan=True, allow_infinity=True, width=32) | st.floats(-200, 200, width=32)


@functools.cache
def _engine() -> tuple[FaceDetector, Embedder]:
    registry = Registry(CACHE / "weights")
    return registry.detector(), registry.embedder()


@st.composite
def examples(draw: st.DrawFn) -> tuple[np.ndarray, Face]:
    shape = draw(st.tuples(st.integers(0, 90), st.integers(0, 90), st.integers(0, 4)))
    kind = draw(st.sampled_from([np.uint8, np.uint8, np.uint8, np.uint16, np.float32]))
    noise = np.random.default_rng(draw(st.integers(0, 999))).integers(0, 256, shape)
    points = draw(arrays.arrays(np.float32, (5, 2), elements=_ANY))
    x, y, width, height = (draw(_ANY) for _ in range(4))
    return noise.astype(kind), Face((x, y, width, height), points, 0.9)


def run(example: tuple[np.ndarray, Face]) -> None:
    image, face = example
    detector, embedder = _engine()
    try:
        found = detector.detect(image)
    except ImageUnreadable:
        return
    for each in (*found, face):
        try:
            chip = embedder.align(image, each)
            quality = assess(each, chip, image.shape)
            [vector] = embedder.embed([chip])
        except FaceNotUsable:
            continue
        assert 0 <= quality.score <= 1
        assert abs(float(vector @ vector) - 1) < 1e-3
