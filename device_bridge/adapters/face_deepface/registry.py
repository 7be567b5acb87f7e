"""Every model is obtained from DeepFace's registry, ours included.

DeepFace reads its settings from the environment at import and keeps one model of each
kind per process, built without a lock. This file is the one place that sets that
environment and holds that lock.
"""

from __future__ import annotations

import importlib.util
import os
import threading
from pathlib import Path
from typing import Any

from device_bridge.adapters.face_deepface import detectors, models, weight_files, weights
from device_bridge.adapters.face_deepface.detectors import DeepFaceDetector, Detector
from device_bridge.adapters.face_deepface.embedder import Embedder
from device_bridge.adapters.face_deepface.fasnet import FasNet
from device_bridge.adapters.face_deepface.models import Backend, Model
from device_bridge.adapters.face_deepface.networks import DeepFaceNetwork
from device_bridge.adapters.face_deepface.yunet import DetectionSettings, YuNet
from device_bridge.errors import SettingsError, WeightsMissing
from device_bridge.ports import FaceDetector

# Ours stands beside DeepFace's own "yunet", which is slower and not safe with threads.
YUNET_CLIENT = "yunet-ort"
FASNET_CLIENT = "fasnet-ort"
_PACKAGE = "device_bridge.adapters.face_deepface"
# Networks that DeepFace does not have, or not like this.
_OURS = {models.DLIB_RESNET.id: "AlignedDlibClient", models.FACENET_CASIA.id: "FacenetCasiaClient"}
_lock = threading.Lock()
_used: tuple[Path, Backend] | None = None


class Registry:
    """Builds detectors and embedders from the weights in `home`, each when first asked."""

    def __init__(self, home: Path, backend: Backend = "onnx") -> None:
        """
        Args:
            home: where `fetch` put the files.
            backend: what runs the models that DeepFace has for both.

        Raises:
            SettingsError: this process already uses another home or backend, DeepFace
                knows one; or the backend is not installed.
        """
        self._home, self._backend = home.resolve(), backend
        if backend == "tensorflow":
            _require("tensorflow", 'pip install "device-bridge[tensorflow]"', "the backend")
        with _lock:
            self._modeling = _deepface_modeling(self._home, backend)

    def detector(
        self, settings: DetectionSettings | None = None, name: str = detectors.YUNET
    ) -> FaceDetector:
        """The detector of that name.

        Raises:
            SettingsError: no such detector, or a package it needs is not installed.
            WeightsMissing: its file is absent or not the one expected.
        """
        chosen = detectors.find(name)
        settings = settings or DetectionSettings()
        if chosen.name == detectors.YUNET:
            return self._yunet(settings)
        if chosen.needs is not None:
            _require(*chosen.needs, f"the detector {name}")
        weights.verify(self._home, chosen.files)
        helper = self._yunet(DetectionSettings(min_face_px=20)) if chosen.points < 5 else None
        client = self.build("face_detector", _client_of(chosen))
        return DeepFaceDetector(client, chosen, settings, helper)

    def _yunet(self, settings: DetectionSettings) -> YuNet:
        weights.verify(self._home, [weight_files.YUNET_DYNAMIC])
        return YuNet(self.build("face_detector", YUNET_CLIENT).session, settings)

    def embedder(self, name: str = models.DEFAULT.id) -> Embedder:
        """The embedder of a model's id or DeepFace's plain name, with or without "+mirror".

        Raises:
            SettingsError: no such model.
            WeightsMissing: its file is absent or not the one expected.
        """
        model, mirrored = models.find(name)
        weights.verify(self._home, model.files[self._backend])
        client = self.build("facial_recognition", model.id)
        if model.id in _OURS:
            return Embedder(model, client, mirrored=mirrored)
        keras = self._backend == "tensorflow" and model is not models.SFACE
        network = DeepFaceNetwork(client, model, one_at_a_time=keras)
        return Embedder(model, network, mirrored=mirrored)

    def attack_detector(self) -> FasNet:
        """Raises WeightsMissing."""
        for name in weight_files.FASNET:
            if weights.problem_of(self._home, name):
                raise WeightsMissing(
                    f"{weights.problem_of(self._home, name)}. Until then no gate whose attack "
                    "detection is “passive” or “both” can be opened"
                )
        return FasNet(self.build("spoofing", FASNET_CLIENT))

    def build(self, task: str, name: str) -> Any:
        """DeepFace's client for `name`; the same object every time."""
        with _lock:
            return self._modeling.build_model(task=task, model_name=name)


def _deepface_modeling(home: Path, backend: Backend) -> Any:
    global _used  # noqa: PLW0603 (DeepFace's own state is one per process; this mirrors it)
    if _used not in (None, (home, backend)):
        raise SettingsError(
            f"this process uses {_used[1]} and the weights in {_used[0]}; "
            f"{backend} with {home} needs another one"
        )
    _used = home, backend
    os.environ["DEEPFACE_HOME"] = str(home)
    # With TensorFlow installed DeepFace would take that, at ten times the memory.
    os.environ["DEEPFACE_BACKEND_ENGINE"] = backend
    # It prints to standard output, where the bridge's JSON log goes.
    os.environ.setdefault("DEEPFACE_LOG_LEVEL", "50")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # DeepFace's networks and RetinaFace are written for Keras 2; DeepFace says so itself, but
    # only in a module that we have no use for.
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
    from deepface.modules import modeling  # noqa: PLC0415 (reads the environment set above)

    known = modeling.AVAILABLE_MODELS
    for model in models.MODELS:
        known["facial_recognition"][model.id] = _sources(modeling, model)
    known["face_detector"][YUNET_CLIENT] = {
        modeling.ANY: f"{_PACKAGE}.deepface_clients.YuNetClient"
    }
    known["face_detector"][_client_of(detectors.find("mtcnn"))] = {
        modeling.ANY: f"{_PACKAGE}.mtcnn_client.FivePointMtCnn"
    }
    known["spoofing"][FASNET_CLIENT] = {modeling.ANY: f"{_PACKAGE}.fasnet_client.FasnetClient"}
    return modeling


def _sources(modeling: Any, model: Model) -> dict[str, str]:
    """Where DeepFace finds the classes of a model, by backend."""
    if model.id in _OURS:
        return {modeling.ANY: f"{_PACKAGE}.deepface_clients.{_OURS[model.id]}"}
    ours = f"{_PACKAGE}.onnx_clients.{model.name.replace('-', '')}"
    if model is models.SFACE:  # DeepFace has it for ONNX Runtime only
        return {modeling.ANY: ours}
    theirs = modeling.AVAILABLE_MODELS["facial_recognition"][model.name]
    return {modeling.ONNX: ours, modeling.TENSORFLOW: theirs[modeling.TENSORFLOW]}


def _client_of(detector: Detector) -> str:
    """The name under which DeepFace's registry has the client that we use."""
    return "mtcnn-5p" if detector.name == "mtcnn" else detector.name


def _require(package: str, command: str, what: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise SettingsError(f"{what} needs the package {package}: run `{command}`")
