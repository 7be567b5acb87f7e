"""`make clean` stops what was started from this clone, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tools import clean, paths, processes

SLEEP = ["sleep", "60"]


@pytest.fixture(autouse=True)
def clone(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    del cache
    folder = tmp_path / "clone"
    (folder / "build").mkdir(parents=True)
    (folder / ".venv").mkdir()
    monkeypatch.setattr(paths, "CLONE", folder)
    monkeypatch.setattr(paths, "clusters", lambda: tmp_path / "clusters")
    return folder


def test_what_was_built_goes_and_the_cache_stays(
    clone: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["clean"])
    (clone / "kept.py").touch()
    assert clean.main() == 0
    assert [each.name for each in clone.iterdir()] == ["kept.py"]
    assert cache.exists()


def test_everything_takes_the_cache_too(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["clean", "--all"])
    monkeypatch.setattr(clean, "_socket_folders", list)
    assert clean.main() == 0
    assert not cache.exists()


def test_servers_of_this_clone_are_stopped(tmp_path: Path) -> None:
    server = processes.spawn(SLEEP, name="ours", log=tmp_path / "log")
    clean.stop(every_clone=False)
    assert not server.running
    server.stop()


@pytest.mark.parametrize(("every_clone", "running"), [(False, True), (True, False)])
def test_servers_of_another_clone_only_with_everything(
    every_clone: bool, running: bool, tmp_path: Path
) -> None:
    server = processes.spawn(SLEEP, name="theirs", log=tmp_path / "log")
    replace(server.record, clone="/another").write()
    clean.stop(every_clone=every_clone)
    assert server.running is running
    server.stop()
