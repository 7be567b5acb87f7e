"""`device-bridge sync`: up to date and ended, and never beside another at the same state."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from device_bridge.adapters.alone import alone
from tests.e2e.conftest import World
from tests.e2e.test_bad_input import bridge
from tools.demo.site import COMPANY


def test_it_brings_the_gallery_and_says_what_is_there(world: World) -> None:
    here = [("company_id.name", "=", COMPANY)]
    templates = world.site.api.search_read("hr.face.template", here, ["employee_id"])
    people = {row["employee_id"][0] for row in templates}
    code, said = bridge(world, "sync")
    assert code == 0, said
    assert all(gate in said for gate in ("Entrance", "Exit", "Side"))
    assert f"People in the gallery: {len(people)}." in said
    assert "0 wait, 0 were rejected." in said


def test_one_at_a_time_works_with_a_state(world: World) -> None:
    with alone(world.site.folder / "state"):
        code, said = bridge(world, "sync")
    assert (code, "is at work with" in said) == (2, True), said
    assert bridge(world, "sync")[0] == 0, "whoever has ended holds nothing"


def test_without_odoo_it_says_so_and_ends(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(world.site.folder / "state", tmp_path / "state")
    file = tmp_path / "state" / "identity.json"
    identity = json.loads(file.read_text())
    file.write_text(json.dumps(identity | {"url": "http://127.0.0.1:9"}))
    monkeypatch.setattr(world.site, "folder", tmp_path)
    code, said = bridge(world, "sync")
    assert (code, "Traceback" in said) == (2, False), said
    assert "does not answer" in said
