"""Every model is obtained from DeepFace's registry, ours included.

DeepFace reads its settings from the environment at import and keeps one model of each
kind per process, built without a lock. This file is the one place that sets that
environment and holds that lock.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

from device_bridge.adapters.face_deepface import weights
from device_bridge.adapters.face_deepface.aligned_dlib import MIRRORED, MODEL, AlignedDlib
from device_bridge.adapters.face_deepface.yunet import DetectionSettings, YuNet
from device_bridge.errors import SettingsError

DETECTOR = "yunet-ort"
_CLIENTS = "device_bridge.adapters.face_deepface.deepface_clients"
_lock = threading.Lock()
_home: Path | None = None


class Registry:
    """Builds detectors and embedders from the weights in `home`, each when first asked."""

    def __init__(self, home: Path) -> None:
        """
        Args:
            home: where `weights.fetch` put the files.

        Raises:
            SettingsError: this process already uses another home; DeepFace knows one.
        """
        self._home = home.resolve()
        with _lock:
            self._modeling = _deepface_modeling(self._home)

    def detector(self, settings: DetectionSettings | None = None) -> YuNet:
        """Raises WeightsMissing."""
        weights.verify(self._home, [weights.YUNET_DYNAMIC])
        return YuNet(self.build("face_detector", DETECTOR).session, settings)

    def embedder(self, model: str = MODEL) -> AlignedDlib:
        """The embedder that makes templates of `model`.

        Raises:
            SettingsError: no such model.
            WeightsMissing: its file is absent or not the one expected.
        """
        if model not in (MODEL, MIRRORED):
            raise SettingsError(f"unknown model {model!r}; there are {MODEL} and {MIRRORED}")
        weights.verify(self._home, [weights.DLIB_ONNX, weights.DLIB_ONNX_DATA])
        network = self.build("facial_recognition", MODEL)
        return AlignedDlib(network, mirrored=model == MIRRORED)

    def build(self, task: str, name: str) -> Any:
        """DeepFace's client for `name`; the same object every time."""
        with _lock:
            return self._modeling.build_model(task=task, model_name=name)


def _deepface_modeling(home: Path) -> Any:
    global _home  # noqa: PLW0603 (DeepFace's own state is one per process; this mirrors it)
    if _home not in (None, home):
        raise SettingsError(f"this process uses the weights in {_home}; {home} needs another one")
    _home = home
    os.environ["DEEPFACE_HOME"] = str(home)
    # With TensorFlow installed DeepFace would take that, at ten times the memory.
    os.environ.setdefault("DEEPFACE_BACKEND_ENGINE", "onnx")
    # It prints to standard output, where the bridge's JSON log goes.
    os.environ.setdefault("DEEPFACE_LOG_LEVEL", "50")
    from deepface.modules import modeling  # noqa: PLC0415 (reads the environment set above)

    models = modeling.AVAILABLE_MODELS
    models["facial_recognition"][MODEL] = {modeling.ANY: f"{_CLIENTS}.AlignedDlibClient"}
    models["face_detector"][DETECTOR] = {modeling.ANY: f"{_CLIENTS}.YuNetClient"}
    return modeling
