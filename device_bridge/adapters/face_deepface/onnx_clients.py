"""DeepFace's ONNX models on sessions of ours.

DeepFace's own sessions take every core, spin while idle, and are downloaded when missing.
Everything else of its classes, how they feed their network above all, stays as it is.

Only `registry` may name this module: importing DeepFace reads the environment that the
registry sets.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from deepface.commons import folder_utils
from deepface.models.facial_recognition.onnx.ArcFace import ArcFaceClient
from deepface.models.facial_recognition.onnx.Facenet import FaceNet128dClient, FaceNet512dClient
from deepface.models.facial_recognition.onnx.GhostFaceNet import GhostFaceNetClient
from deepface.models.facial_recognition.onnx.SFace import SFaceClient
from deepface.models.facial_recognition.onnx.VGGFace import VggFaceClient

from device_bridge.adapters.face_deepface import models, weights
from device_bridge.adapters.face_deepface.models import Model
from device_bridge.adapters.face_deepface.session import open_session


class _Opened:
    """Takes the place of a client's constructor."""

    described: ClassVar[Model]

    def __init__(self) -> None:
        [file] = self.described.files["onnx"]
        self.model = open_session(weights.path_of(Path(folder_utils.get_deepface_home()), file))
        self.model_name = self.described.name
        side = self.described.alignment.side_px
        self.input_shape = (side, side)
        self.output_shape = self.described.dimension


class Facenet(_Opened, FaceNet128dClient):  # type: ignore[misc]
    described = models.FACENET


class Facenet512(_Opened, FaceNet512dClient):  # type: ignore[misc]
    described = models.FACENET512


class ArcFace(_Opened, ArcFaceClient):  # type: ignore[misc]
    described = models.ARCFACE_R34


class SFace(_Opened, SFaceClient):  # type: ignore[misc]
    described = models.SFACE


class GhostFaceNet(_Opened, GhostFaceNetClient):  # type: ignore[misc]
    described = models.GHOSTFACENET


class VGGFace(_Opened, VggFaceClient):  # type: ignore[misc]
    described = models.VGGFACE
