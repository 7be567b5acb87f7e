"""DeepFace's models on TensorFlow behind the embedder port, with random weights."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from device_bridge.adapters.face_deepface import models
from device_bridge.adapters.face_deepface.models import Model
from device_bridge.adapters.face_deepface.registry import Registry
from device_bridge.adapters.images import read_image
from device_bridge.domain.capture import ImageU8
from device_bridge.errors import SettingsError

LONG = [models.FACENET512, models.ARCFACE_R34, models.GHOSTFACENET, models.VGGFACE]


def chips(engine: Registry, name: str, faces_dir: Path) -> tuple[Any, list[ImageU8]]:
    embedder, detector = engine.embedder(name), engine.detector()
    image = read_image(faces_dir / "face-api" / "sample1.jpg")
    return embedder, [embedder.align(image, face) for face in detector.detect(image)]


@pytest.mark.parametrize(
    "model",
    [models.FACENET, *(pytest.param(model, marks=pytest.mark.long) for model in LONG)],
    ids=lambda model: model.name,
)
def test_a_template_is_what_deepface_makes_of_the_same_chip(
    engine: Registry, written: Any, faces_dir: Path, model: Model
) -> None:
    from deepface.modules import preprocessing

    embedder, faces = chips(engine, written(model), faces_dir)
    vectors = embedder.embed(faces)
    assert vectors.shape == (3, model.dimension)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    client = engine.build("facial_recognition", model.id)
    assert "tensorflow" in type(client).__module__ or ".tf." in type(client).__module__
    for chip, vector in zip(faces, vectors, strict=True):
        ordered = chip if model.colours == "rgb" else chip[..., ::-1]
        pixels = preprocessing.normalize_input(ordered.astype(np.float32) / 255, model.scaling)
        theirs = np.array(client.forward(pixels[None]))
        assert vector @ (theirs / np.linalg.norm(theirs)) == pytest.approx(1, abs=1e-4)


def test_eight_threads_get_the_answers_of_one(
    engine: Registry, written: Any, faces_dir: Path
) -> None:
    embedder, faces = chips(engine, written(models.FACENET), faces_dir)
    expected = [embedder.embed([chip]).tobytes() for chip in faces]
    wrong: list[int] = []

    def work(offset: int) -> None:
        for step in range(3):
            number = (offset + step) % len(faces)
            if embedder.embed([faces[number]]).tobytes() != expected[number]:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(offset,)) for offset in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_default_model_is_the_same_on_either_backend(engine: Registry, faces_dir: Path) -> None:
    embedder, faces = chips(engine, models.DEFAULT.id, faces_dir)
    assert embedder.model == models.DEFAULT.id
    assert type(engine.build("facial_recognition", models.DEFAULT.id)).__name__ == (
        "AlignedDlibClient"
    )
    assert embedder.embed(faces).shape == (3, 128)


def test_one_process_has_one_backend(engine: Registry, home: Path) -> None:
    with pytest.raises(SettingsError, match="tensorflow"):
        Registry(home, "onnx")
