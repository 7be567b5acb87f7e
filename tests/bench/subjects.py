"""The two sides, given the same pictures as arrays: our engine, and DeepFace."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from device_bridge.adapters.face_deepface.registry import Registry
from device_bridge.domain.capture import ImageU8
from device_bridge.domain.matching import DEFAULT_THRESHOLD
from device_bridge.domain.template import Vectors
from tests.bench.measure import Setup

# Three photos of one person; the package's others of him are crops and copies of these.
PERSON = tuple(f"face_recognition/{name}" for name in ("obama", "obama2", "obama3"))
OTHERS = ("face_recognition/biden", "face-api/sample1", "face-api/sample5", "face-api/sample6")
ONE_FACE = "face_recognition/obama"
FOUR_FACES = "face-api/sample6"
SCENE_PX = (640, 480)


class Side(Protocol):
    """One way from a picture to templates."""

    name: str
    threshold: float

    def represent(self, image_bgr: ImageU8) -> list[tuple[tuple[float, ...], Vectors]]:
        """Box (x, y, width, height) and template of every face."""


class Ours:
    """Our engine at the gate's default settings."""

    name = "ours"
    threshold = DEFAULT_THRESHOLD

    def __init__(self, registry: Registry) -> None:
        self.detector, self.embedder = registry.detector(), registry.embedder()

    def represent(self, image_bgr: ImageU8) -> list[tuple[tuple[float, ...], Vectors]]:
        faces = self.detector.detect(image_bgr)
        vectors = self.embedder.embed([self.embedder.align(image_bgr, face) for face in faces])
        return [(face.box_px, vector) for face, vector in zip(faces, vectors, strict=True)]


class DeepFaceSide:
    """`DeepFace.represent` at its best honest setting: warm, arrays, yunet, aligned."""

    threshold = 1 - 0.07  # DeepFace's own for Dlib and cosine distance

    def __init__(self, model: str = "Dlib") -> None:
        from deepface import DeepFace

        self.name = f"DeepFace, {model}"
        self._model, self._represent = model, DeepFace.represent

    def represent(self, image_bgr: ImageU8) -> list[tuple[tuple[float, ...], Vectors]]:
        found = self._represent(
            image_bgr, model_name=self._model, detector_backend="yunet", align=True
        )
        return [
            (
                tuple(face["facial_area"][name] for name in "xywh"),
                np.asarray(face["embedding"], np.float32),
            )
            for face in found
        ]


def open_registry(setup: Setup) -> Registry:
    """Our registry, and with it DeepFace; call before anything else imports DeepFace."""
    # DeepFace looks for faces more strictly by default; both sides shall find the same.
    os.environ["yunet_score_threshold"] = "0.7"  # noqa: SIM112 (DeepFace spells it so)
    cv2.setNumThreads(1)
    return Registry(setup.weights)


def read(faces: Path, name: str) -> ImageU8:
    image = cv2.imread(str(faces / f"{name}.jpg"))
    if image is None:
        raise SystemExit(f"{faces}/{name}.jpg is missing: run `make setup`, or name --faces.")
    return image.astype(np.uint8, copy=False)


def scene(ours: Ours, faces: Path, name: str) -> ImageU8:
    """A photo as 640×480: the largest 4:3 part around its faces."""
    image = read(faces, name)
    height, width = image.shape[:2]
    part = (min(width, height * 4 // 3), min(height, width * 3 // 4))
    centres = np.array([face.centre_px for face in ours.detector.detect(image)]).mean(axis=0)
    left, top = np.clip(centres - np.array(part) / 2, 0, [width - part[0], height - part[1]])
    crop = image[int(top) : int(top) + part[1], int(left) : int(left) + part[0]]
    return cv2.resize(crop, SCENE_PX, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def must_agree(image: ImageU8, one: Side, other: Side, faces: int) -> None:
    """Both sides return a template for the same faces of `image`, or there is no benchmark."""
    boxes = [[box for box, _ in side.represent(image)] for side in (one, other)]
    matched = sum(any(_overlap(box, that) > 0.5 for that in boxes[1]) for box in boxes[0])
    if not len(boxes[0]) == len(boxes[1]) == matched == faces:
        raise SystemExit(f"{one.name} and {other.name} do not see the same {faces} faces.")


def known_pairs() -> list[tuple[str, str, bool]]:
    """Pairs of photos and whether they show the same person."""
    names = PERSON + OTHERS
    return [
        (names[a], names[b], b < len(PERSON))
        for a in range(len(PERSON))
        for b in range(a + 1, len(names))
    ]


def pairs_in(folder: Path) -> list[tuple[str, str, bool]]:
    """The pairs of a folder with photos and a master.csv (file_x, file_y, Decision)."""
    with (folder / "master.csv").open(encoding="utf-8", newline="") as file:
        return [
            (Path(row["file_x"]).stem, Path(row["file_y"]).stem, row["Decision"] == "Yes")
            for row in csv.DictReader(file)
        ]


def verify(folder: Path, pairs: list[tuple[str, str, bool]], side: Side) -> dict[str, Any]:
    """How a side judges pairs by its own threshold, on the largest face of each photo."""
    names = sorted({name for pair in pairs for name in pair[:2]})
    templates = {name: _largest(side, read(folder, name)) for name in names}
    wrong = []
    for a, b, same in pairs:
        similarity = float(templates[a] @ templates[b])
        if (similarity >= side.threshold) != same:
            wrong.append(f"{a}, {b}: {similarity:.4f}")
    return {"pairs": len(pairs), "right": len(pairs) - len(wrong), "wrong": wrong}


def _largest(side: Side, image: ImageU8) -> Vectors:
    _, vector = max(side.represent(image), key=lambda face: face[0][2] * face[0][3])
    unit: Vectors = vector / np.linalg.norm(vector)
    return unit


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Intersection over union of two boxes."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(0.0, width) * max(0.0, height)
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)
