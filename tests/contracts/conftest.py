"""A real camera, once for all contracts."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.peers import fake_picamera2
from tests.peers.camera import RealCamera, real_camera


@pytest.fixture(scope="session")
def ipycam() -> Iterator[RealCamera]:
    with real_camera() as camera:
        yield camera


@pytest.fixture
def picamera2(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A stand-in for the package that only a Raspberry Pi has."""
    monkeypatch.setitem(sys.modules, "picamera2", fake_picamera2)
    yield
    assert not fake_picamera2.in_use
