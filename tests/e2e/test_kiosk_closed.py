"""Whoever knows the address of a kiosk learns nothing from it that its screen does not show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tools import paths, postgres
from tools.demo.odoo_api import OdooApi
from tools.odoo_database import OdooDatabases
from tools.odoo_server import Odoo, OdooServer


class Kiosk:
    """The public routes of one server, as anybody can call them."""

    def __init__(self, web: OdooServer) -> None:
        api = OdooApi(web.base_url, web.database, "admin", "admin")
        (company,) = api.search_read("res.company", [], ["attendance_kiosk_key"])
        self._url, self._token = web.base_url, company["attendance_kiosk_key"]
        values = {"name": "Mara Lindqvist", "pin": "4711", "barcode": "F001", "wage": 5000}
        api.call("hr.employee", "create", [values])

    def found(self, *domain: Any) -> list[str]:
        """Names of the employees that answer to `domain`; none if it is refused."""
        asked = {"token": self._token, "limit": 20, "offset": 0, "domain": domain}
        answer = requests.post(
            f"{self._url}/hr_attendance/employees_infos",
            json={"jsonrpc": "2.0", "method": "call", "params": asked},
            timeout=30,
        ).json()
        return [one["display_name"] for one in answer.get("result", {}).get("records", [])]


@pytest.fixture(scope="module", params=["bare", "with the addon"])
def kiosk(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    folder: Path = tmp_path_factory.mktemp("kiosk")
    is_bare = request.param == "bare"
    with postgres.acquire(fsync=False) as server:
        odoo = Odoo(server)
        databases = OdooDatabases(odoo)
        databases.create("kiosk_closed")
        if not is_bare:
            databases.install_addon("kiosk_closed")
        addons = () if is_bare else (paths.CLONE,)
        with OdooServer(
            odoo, "kiosk_closed", addons_path=addons, log_file=folder / "odoo.log"
        ) as web:
            yield Kiosk(web), is_bare
        databases.drop("kiosk_closed")


@pytest.mark.parametrize(
    "guess",
    [["pin", "=like", "47%"], ["barcode", "=like", "F0%"], ["wage", ">", 4999]],
    ids=["PIN", "badge", "wage"],
)
def test_pin_badge_and_wage_can_be_probed_on_the_bare_server_and_not_here(
    kiosk: tuple[Kiosk, bool], guess: list[Any]
) -> None:
    public, is_bare = kiosk
    assert public.found(["name", "ilike", "Lindqvist"]) == ["Mara Lindqvist"], "the page works"
    assert bool(public.found(guess)) is is_bare
