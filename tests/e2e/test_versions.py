"""Attendance outlives the addon: install, upgrade from the previous version, uninstall."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tools import paths, postgres
from tools.odoo_database import ADDON, OdooDatabases
from tools.odoo_server import Odoo

PREVIOUS = "ecdcb11"
"""The commit that the previous version was released from."""
DATABASE = "versions"
UNINSTALL = (
    f"addon = env['ir.module.module'].search([('name', '=', '{ADDON}')])\n"
    "addon.button_immediate_uninstall()"
)
SCRIPTS = Path(__file__).parent / "versions"


@pytest.fixture(scope="module")
def databases() -> Iterator[OdooDatabases]:
    with postgres.acquire(fsync=False) as server:
        found = OdooDatabases(Odoo(server))
        yield found
        found.drop(DATABASE)


@pytest.fixture(scope="module")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder that holds the addon as it was released before, with the wire of its time."""
    folder = tmp_path_factory.mktemp("previous")
    names = [ADDON, "wire"]
    archive = subprocess.run(
        ["git", "archive", PREVIOUS, *names], cwd=paths.CLONE, capture_output=True, check=False
    )
    if archive.returncode:
        pytest.skip(f"this clone does not hold the history that {PREVIOUS} is in")
    subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
    return folder


def shell(databases: OdooDatabases, script: str, addons: Path) -> str:
    return databases.run(
        DATABASE,
        ["--max-cron-threads=0"],
        what=f"Running {script}",
        addons_path=[addons],
        log=f"versions-{script}",
        script=(SCRIPTS / script).read_text(),
    )


def report(databases: OdooDatabases, addons: Path = paths.CLONE) -> dict[str, Any]:
    lines = shell(databases, "report.py", addons).splitlines()
    found: dict[str, Any] = json.loads(
        next(line for line in lines if line.startswith("REPORT "))[len("REPORT ") :]
    )
    return found


def test_data_outlives_upgrade_and_attendance_outlives_the_addon(
    databases: OdooDatabases, previous: Path
) -> None:
    databases.create(DATABASE)
    options = ["--stop-after-init", "--max-cron-threads=0"]
    databases.run(
        DATABASE, ["-i", ADDON, *options], what="Installing before", addons_path=[previous]
    )
    shell(databases, "fill.py", previous)
    before = report(databases, previous)
    assert (len(before["attendance"]), len(before["events"])) == (51, 100)
    assert len(before["templates"]) == 5

    databases.run(DATABASE, ["-u", ADDON, *options], what="Upgrading", addons_path=[paths.CLONE])
    after = report(databases)
    assert after == before

    databases.run(
        DATABASE,
        [],
        what="Uninstalling",
        addons_path=[paths.CLONE],
        script=UNINSTALL,
    )
    left = report(databases)
    assert left["tables_left"] == []
    modes = {"face": "manual"}
    assert [row[:4] for row in left["attendance"]] == [row[:4] for row in before["attendance"]]
    assert {modes.get(row[4], row[4]) for row in before["attendance"]} >= {
        row[4] for row in left["attendance"]
    }

    databases.install_addon(DATABASE)
    assert report(databases)["attendance"] == left["attendance"]
