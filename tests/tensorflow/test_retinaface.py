"""RetinaFace behind the detector port; its weights cannot be had here, so they are random."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from device_bridge.adapters.face_deepface import weights
from device_bridge.adapters.face_deepface.registry import Registry


@pytest.mark.long
def test_retinaface_runs_with_random_weights(
    engine: Registry, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it finds means nothing; that it is built, fed and read is what is shown."""
    from retinaface.model import retinaface_model

    path = weights.path_of(home, "retinaface.h5")
    with monkeypatch.context() as patch:
        patch.setattr(retinaface_model, "load_weights", lambda model: model.save_weights(path))
        retinaface_model.build_model()
    weights.accept(home, path.name, weights.sha256_of(path))
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    for face in engine.detector(name="retinaface").detect(noise):
        assert face.landmarks_px.shape == (5, 2)
        assert 0.9 <= face.score <= 1
