"""A cache of its own for every test, so that nothing here touches the real one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import paths


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    folder.mkdir()
    names = ("APT", "ENVS", "FACES", "LOGS", "NODE", "ODOO", "PROCESSES", "WHEELS")
    for name in names:
        monkeypatch.setattr(paths, name, folder / name.lower())
    monkeypatch.setattr(paths, "CACHE", folder)
    monkeypatch.setattr(paths, "LOCK", folder / "setup.lock")
    return folder
