"""Trying a set-up against a real Odoo: simulate at a virtual gate, doctor's sheet kept."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import World
from tools.demo.site import BRIDGE


@pytest.fixture(scope="module")
def gate(world: World) -> int:
    """A gate of the paired device that counts as a recording, and has no camera."""
    api = world.site.api
    [device] = api.search_read("hr.face.device", [("name", "=", "Demo bridge")], ["id"])
    number: int = api.call(
        "hr.face.gate",
        "create",
        [{"name": "Trial", "recording": True, "device_ids": [(4, device["id"])]}],
    )[0]
    return number


def run(world: World, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BRIDGE, *arguments, "--state", str(world.site.folder / "state")],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def events(world: World, gate: int) -> list[dict[str, Any]]:
    asked = ["outcome", "time_source", "employee_id"]
    return world.site.api.search_read("hr.face.event", [("gate_id", "=", gate)], asked)


def test_photos_of_people_become_marked_events_at_a_virtual_gate(world: World, gate: int) -> None:
    done = run(world, "simulate", str(world.photos[0].parent), "--gate", str(gate), "--speed", "4")
    assert done.returncode == 0, done.stderr
    seen = events(world, gate)
    assert {one["employee_id"][0] for one in seen if one["employee_id"]}
    assert {one["time_source"] for one in seen} == {"recording"}


def test_a_gate_that_pays_people_is_no_place_to_simulate(world: World, gate: int) -> None:
    world.site.api.call("hr.face.gate", "write", [gate], {"recording": False})
    before = len(events(world, gate))
    done = run(world, "simulate", str(world.photos[0].parent), "--gate", str(gate))
    assert done.returncode == 2
    assert "pays people" in done.stderr
    assert len(events(world, gate)) == before


def test_what_doctor_found_is_kept_with_the_gate(world: World, gate: int, tmp_path: Path) -> None:
    settings = tmp_path / "bridge.toml"
    settings.write_text(f'[[camera]]\ngate = {gate}\nsource = "http://127.0.0.1:9/video"\n')
    done = run(world, "doctor", "--settings", str(settings))
    assert done.returncode == 3, done.stdout
    assert "✓ server" in done.stdout
    kept = world.site.api.search_read(
        "hr.face.commissioning", [("gate_id", "=", gate)], ["verdict", "line_ids"]
    )
    assert [one["verdict"] for one in kept] == ["fail"]
    assert len(kept[0]["line_ids"]) == 7
