"""FaceNet and MTCNN through the settings, with FaceNet's real weights: people are told apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from device_bridge.adapters.face_deepface import models, weight_files, weights
from device_bridge.adapters.face_deepface.registry import Registry
from device_bridge.adapters.images import read_image

ONE_PERSON = ("obama", "obama2", "obama3")


@pytest.mark.parametrize("detector", ["mtcnn", "yunet"])
def test_facenet_tells_people_apart(
    engine: Registry, home: Path, weights_home: Path, faces_dir: Path, detector: str
) -> None:
    path = weights.path_of(home, weight_files.FACENET_CASIA)
    if not path.exists():
        path.symlink_to(weights.path_of(weights_home, weight_files.FACENET_CASIA))
    finder, embedder = engine.detector(name=detector), engine.embedder("Facenet-CASIA")
    assert embedder.model == models.FACENET_CASIA.id

    def templates(photo: str) -> np.ndarray:
        image = read_image(faces_dir / f"{photo}.jpg")
        return embedder.embed([embedder.align(image, face) for face in finder.detect(image)])

    own = np.concatenate([templates(f"face_recognition/{name}")[:1] for name in ONE_PERSON])
    group = (f"face-api/sample{number}" for number in (1, 5, 6))
    others = np.concatenate([templates(name) for name in ("face_recognition/biden", *group)])
    assert len(others) > 10
    # On 300 pairs of other photos one person has 0.46 and more, two have 0.33 and less.
    assert (own @ own.T).min() > 0.5
    assert (own @ others.T).max() < 0.5
