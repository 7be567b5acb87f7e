"""The year as a database that is made once a day and then copied."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.year.shape import Shape, small, whole
from tools import paths, postgres, stamps
from tools.odoo_database import OdooDatabases

PREFIX = "hr_face_year_"
_SCRIPT = """
import datetime, sys
sys.path.insert(0, {clone!r})
from tests.bench.year import script, shape
script.build(env, shape.{shape}(datetime.datetime.fromisoformat({now!r})), {spot_checks})
"""


def template(server: postgres.Server, databases: OdooDatabases) -> tuple[str, dict[str, Any]]:
    """Name of today's database, made if need be (some minutes), and what was told of it.

    The year ends at the moment at which it is made, so yesterday's is made anew, and so is one
    of another version of the addon.
    """
    name = f"{PREFIX}{_digest()}"
    stamp = server.home / f"{name}.json"
    if stamp.is_file() and databases.exists(name):
        return name, json.loads(stamp.read_text())
    for old in server.home.glob(f"{PREFIX}*.json"):
        databases.drop(old.stem)
        old.unlink()
    told = make(databases, name, whole(_now()), spot_checks=20)
    # What is read is read as on a server that has run for a while: hint bits, statistics.
    for table in ("hr_face_event", "hr_attendance", "hr_face_day", "hr_attendance_overtime_line"):
        postgres.psql(server, f"VACUUM ANALYZE {table}", database=name)
    stamps.write(stamp, json.dumps(told))
    return name, told


def make_small(databases: OdooDatabases, name: str, spot_checks: int) -> dict[str, Any]:
    return make(databases, name, small(_now()), spot_checks)


def make(databases: OdooDatabases, name: str, shape: Shape, spot_checks: int) -> dict[str, Any]:
    """A fresh database with the addon and such a year; what `script.build` told."""
    databases.create(name)
    databases.install_addon(name)
    said = databases.run(
        name,
        ["--max-cron-threads=0"],
        what=f"Making a year of {shape.people} people",
        addons_path=[paths.CLONE],
        log="year",
        script=_SCRIPT.format(
            clone=str(paths.CLONE),
            shape="small" if shape.people < 100 else "whole",
            now=shape.now.isoformat(),
            spot_checks=spot_checks,
        ),
    )
    [told] = [line for line in said.splitlines() if line.startswith("YEAR ")]
    found: dict[str, Any] = json.loads(told.removeprefix("YEAR "))
    return found


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def _digest() -> str:
    """Of the day, of everything that makes the year, and of the addon but its tests and texts."""
    hashed = hashlib.sha256(str(_now().date()).encode())
    own = Path(__file__).parent.glob("*.py")
    folders = ("models", "rules", "security", "data", "views", "wizards", "controllers")
    addon = (file for folder in folders for file in (paths.ADDON / folder).rglob("*.*"))
    for file in sorted({*own, *addon, paths.ADDON / "__manifest__.py"}):
        if file.suffix in (".py", ".xml", ".csv"):
            hashed.update(file.relative_to(paths.CLONE).as_posix().encode() + file.read_bytes())
    return hashed.hexdigest()[:10]
