"""One place for all browser tests of a run: see place.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from device_bridge.adapters.face_deepface.registry import Registry
from tests.browser.bridge import Bridge
from tests.browser.place import Place, Service
from tools import ports, postgres
from tools.demo import stream
from tools.demo.site import COMPANY, Site, make_database
from tools.odoo_server import Odoo, OdooServer


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as one:
        yield one


@pytest.fixture(scope="session")
def place(
    tmp_path_factory: pytest.TempPathFactory, weights_home: Path, playwright: Playwright
) -> Iterator[Place]:
    """The demo company with everybody enrolled, and a running recognition service."""
    folder = tmp_path_factory.mktemp("browser")
    detector = Registry(weights_home).detector()
    photos = stream.enrolment_photos(detector, folder / "photos")
    with postgres.acquire(fsync=False) as server:
        odoo = Odoo(server)
        make_database(odoo, "browser")
        # not where others look for a free port while this server is down for a test
        port = ports.pick(18069)
        with OdooServer(odoo, "browser", port=port, log_file=folder / "odoo.log") as web:
            site = Site(web, folder, password="for-this-run-only")
            site.pair()
            site.enrol(photos)
            without_double_punches(site)
            service = Service(site, folder / "service")
            service.start()
            try:
                yield Place(site, service, detector, playwright, photos)
            finally:
                service.stop()


def without_double_punches(site: Site) -> None:
    """The same few faces come and go within seconds here."""
    domain = [("name", "=", COMPANY)]
    [company] = site.api.search_read("res.company", domain, ["id"])
    site.api.call("res.company", "write", [company["id"]], {"face_refractory_s": 0})


@pytest.fixture
def bridge(place: Place) -> Iterator[Bridge]:
    """The demo's bridge, which sees what the test says."""
    one = Bridge(place)
    yield one
    one.close()
