"""A real PostgreSQL, a real Odoo with the addon, and a real bridge, once per test run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from device_bridge.adapters.face_deepface.registry import Registry
from tools import postgres
from tools.demo import stream
from tools.demo.site import Site, make_database
from tools.demo.story import last_working_day
from tools.odoo_server import Odoo, OdooServer


@dataclass
class World:
    """What can be killed: `server` is PostgreSQL, `site.web` is Odoo."""

    server: postgres.Server
    site: Site
    photos: list[Path]
    recording: Path
    day: date


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, weights_home: Path) -> Iterator[World]:
    """A site whose bridge is paired and whose people are enrolled."""
    folder = tmp_path_factory.mktemp("site")
    detector = Registry(weights_home).detector()
    day = last_working_day(datetime.now(UTC))
    photos = stream.enrolment_photos(detector, folder / "photos")
    recording = stream.recording(detector, day, folder / "recording")
    with postgres.acquire(fsync=True) as server:
        odoo = Odoo(server)
        make_database(odoo, "e2e")
        with OdooServer(odoo, "e2e", log_file=folder / "odoo.log") as web:
            site = Site(web, folder, password="for-this-run-only")
            site.pair()
            site.enrol(photos)
            yield World(server, site, photos, recording, day)
