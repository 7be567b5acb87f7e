"""Where set-up put the models and the photos; without them nothing here can pass."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "hr-face-attendance"


@pytest.fixture(scope="session")
def weights_home() -> Path:
    home = CACHE / "weights"
    assert home.is_dir(), "Run `make setup`: the models are not there."
    return home


@pytest.fixture(scope="session")
def faces_dir() -> Path:
    folder = CACHE / "faces"
    assert folder.is_dir(), "Run `make setup`: the photos are not there."
    return folder


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Photos and weights beside the clone, for extra tests; elsewhere by HR_FACE_SHARED_DATA."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("HR_FACE_SHARED_DATA") or beside)
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    return folder
