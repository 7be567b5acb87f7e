"""A real camera, once for all contracts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.peers.camera import RealCamera, real_camera


@pytest.fixture(scope="session")
def ipycam() -> Iterator[RealCamera]:
    with real_camera() as camera:
        yield camera
