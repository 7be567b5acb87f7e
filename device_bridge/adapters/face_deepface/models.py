"""The recognition models to choose from: what each was trained on, and where it comes from.

A model is a network *and* the way its faces were cut out: the same network on other crops
gives templates that must not meet these. So both are in the name that a template records.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Literal

from device_bridge.adapters.face_deepface import weight_files
from device_bridge.adapters.face_deepface.align import (
    ARCFACE,
    DLIB,
    MTCNN_BOX,
    VGG_BOX,
    Alignment,
)
from device_bridge.errors import SettingsError

Backend = Literal["onnx", "tensorflow"]
BACKENDS: tuple[Backend, ...] = ("onnx", "tensorflow")
MIRROR = "+mirror"


@dataclass(frozen=True, slots=True)
class Model:
    """One network with its alignment.

    Attributes:
        id: what templates record.
        name: DeepFace's plain name, which settings and commands accept as well; one of our
            own where DeepFace has no such network.
        dimension: length of a template.
        colours: the order in which the network was trained to get them.
        scaling: DeepFace's name for what happens to the pixels before the network
            (deepface.modules.preprocessing.normalize_input); "none": the network takes
            bytes, and does the rest itself in ONNX Runtime whatever the backend.
        files: the files needed per backend, by their names in `weight_files.FILES`.
        trained_on: the pictures behind the weights.
        measured: whether its accuracy was measured here (docs/evaluation.md). The others
            are tested with files of the right shape and random numbers in them, which
            says that they run and nothing about how well they tell people apart.
    """

    id: str
    name: str
    alignment: Alignment
    dimension: int
    colours: Literal["rgb", "bgr"]
    scaling: str
    files: dict[Backend, tuple[str, ...]]
    trained_on: str
    measured: bool = False

    @property
    def licence(self) -> str:
        """Of the weights, as far as whoever published them says."""
        return weight_files.FILES[self._main_file].licence

    @property
    def source(self) -> str:
        return weight_files.FILES[self._main_file].source

    @property
    def _main_file(self) -> str:
        return self.files["onnx"][0]


DLIB_RESNET = Model(
    id="dlib-resnet-v1@aligned5",
    name="Dlib",
    alignment=DLIB,
    dimension=128,
    colours="rgb",
    scaling="none",
    files=dict.fromkeys(BACKENDS, (weight_files.DLIB_ONNX, weight_files.DLIB_ONNX_DATA)),
    trained_on="FaceScrub, VGG and collected photos, 7,485 people",
    measured=True,
)
FACENET_CASIA = Model(
    id="facenet-20180408@mtcnn160",
    name="Facenet-CASIA",
    alignment=MTCNN_BOX,
    dimension=512,
    colours="rgb",
    scaling="none",
    files=dict.fromkeys(BACKENDS, (weight_files.FACENET_CASIA,)),
    trained_on="CASIA-WebFace, 10,575 people",
    measured=True,
)
FACENET = Model(
    id="facenet@mtcnn160",
    name="Facenet",
    alignment=MTCNN_BOX,
    dimension=128,
    colours="rgb",
    scaling="Facenet",
    files={"onnx": ("facenet_weights.onnx",), "tensorflow": ("facenet_weights.h5",)},
    trained_on="MS-Celeb-1M (withdrawn by its publisher)",
)
FACENET512 = Model(
    id="facenet512@mtcnn160",
    name="Facenet512",
    alignment=MTCNN_BOX,
    dimension=512,
    colours="rgb",
    # The 2018 networks were trained with --use_fixed_image_standardization.
    scaling="Facenet2018",
    files={"onnx": ("facenet512_weights.onnx",), "tensorflow": ("facenet512_weights.h5",)},
    trained_on="VGGFace2",
)
ARCFACE_R34 = Model(
    id="arcface@5p112",
    name="ArcFace",
    alignment=ARCFACE,
    dimension=512,
    colours="rgb",
    scaling="ArcFace",
    files={"onnx": ("arcface_weights.onnx",), "tensorflow": ("arcface_weights.h5",)},
    trained_on="MS-Celeb-1M (withdrawn by its publisher)",
)
SFACE = Model(
    id="sface@5p112",
    name="SFace",
    alignment=ARCFACE,
    dimension=128,
    # DeepFace's client turns 0–1 BGR into the bytes and the order that this network wants.
    colours="bgr",
    scaling="base",
    files=dict.fromkeys(BACKENDS, ("face_recognition_sface_2021dec.onnx",)),
    trained_on="CASIA-WebFace, VGGFace2, MS-Celeb-1M",
)
GHOSTFACENET = Model(
    id="ghostfacenet@5p112",
    name="GhostFaceNet",
    alignment=ARCFACE,
    dimension=512,
    colours="rgb",
    scaling="ArcFace",
    files={"onnx": ("ghostfacenet_v1.onnx",), "tensorflow": ("ghostfacenet_v1.h5",)},
    trained_on="MS1MV3, a cleaned MS-Celeb-1M",
)
VGGFACE = Model(
    id="vggface@box224",
    name="VGG-Face",
    alignment=VGG_BOX,
    dimension=4096,
    colours="bgr",
    scaling="VGGFace",
    files={"onnx": ("vgg_face_weights.onnx",), "tensorflow": ("vgg_face_weights.h5",)},
    trained_on="VGG Face, 2,622 celebrities",
)

MODELS = (
    DLIB_RESNET,
    FACENET_CASIA,
    FACENET,
    FACENET512,
    ARCFACE_R34,
    SFACE,
    GHOSTFACENET,
    VGGFACE,
)
DEFAULT = DLIB_RESNET


def find(name: str) -> tuple[Model, bool]:
    """The model of that id or plain name, and whether mirror averaging is asked for.

    Raises:
        SettingsError: there is none, naming the closest.
    """
    plain = name.removesuffix(MIRROR)
    for model in MODELS:
        if plain in (model.id, model.name):
            return model, plain != name
    known = [each for model in MODELS for each in (model.name, model.id)]
    [close, *_] = difflib.get_close_matches(plain, known, n=1, cutoff=0.4) or [DEFAULT.name]
    raise SettingsError(
        f"unknown model {name!r}; did you mean {close!r}? `device-bridge models list` shows all."
    )
