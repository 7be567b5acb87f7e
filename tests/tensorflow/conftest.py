"""One home and one backend per process: everything here runs on TensorFlow.

The weights of DeepFace's models cannot be had without a download, so the tests write files of
the right architecture with random numbers in them. They show that the path works and say nothing
about accuracy.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from device_bridge.adapters.face_deepface import registry, weight_files, weights
from device_bridge.adapters.face_deepface.models import Model

# The bridge's own environment has no TensorFlow; `make test-tensorflow` has.
collect_ignore_glob = [] if importlib.util.find_spec("tensorflow") else ["test_*.py"]


@pytest.fixture(scope="session")
def home(weights_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of our own with the default weights in it."""
    home = tmp_path_factory.mktemp("home")
    weights.folder_of(home).mkdir(parents=True)
    for name in weight_files.DEFAULT:
        weights.path_of(home, name).symlink_to(weights.path_of(weights_home, name))
    return home


@pytest.fixture(scope="session")
def engine(home: Path) -> registry.Registry:
    return registry.Registry(home, "tensorflow")


@pytest.fixture(scope="session")
def written(engine: registry.Registry, home: Path) -> Any:
    """Writes a model's weight file, random and accepted, and returns the model's name."""

    def write(model: Model) -> str:
        [file] = model.files["tensorflow"]
        path = weights.path_of(home, file)
        if not path.exists():
            _write_random(engine, model, path)
            weights.accept(home, file, weights.sha256_of(path))
        return model.name

    return write


def _write_random(engine: registry.Registry, model: Model, path: Path) -> None:
    """DeepFace builds the network; where it would load the weights, ours are saved instead."""
    import tensorflow as tf
    from deepface.commons import weight_utils

    def save(model: Any, weight_file: str) -> Any:
        model.save_weights(weight_file)
        return model

    tf.keras.utils.set_random_seed(7)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weight_utils, "download_weights_if_necessary", lambda **_named: str(path))
        patch.setattr(weight_utils, "load_model_weights", save)
        engine._modeling.get_model_class("facial_recognition", model.name)()
