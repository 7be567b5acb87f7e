"""What Odoo's log says about its tests."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tools import odoo_database, paths, postgres
from tools.odoo_server import Odoo

END = (
    "2026-11-21 23:00:00,000 12 {level} x odoo.tests.result: "
    "{failed} failed, {errors} error(s) of {tests} tests when loading database 'x'"
)
ERROR = "2026-11-21 23:00:00,000 12 ERROR x odoo.addons.y: it broke"


@pytest.mark.parametrize(
    ("log", "good", "passed"),
    [
        (END.format(level="INFO", failed=0, errors=0, tests=68), True, 68),
        (END.format(level="ERROR", failed=1, errors=2, tests=68), False, 65),
        (END.format(level="INFO", failed=0, errors=0, tests=0), False, 0),
        (ERROR + "\n" + END.format(level="INFO", failed=0, errors=0, tests=68), False, 68),
        ("Traceback (most recent call last):", False, 0),
        ("", False, 0),
    ],
    ids=["passed", "failed", "none ran", "an error in the log", "did not start", "silent"],
)
def test_how_a_run_of_odoo_tests_is_read(log: str, good: bool, passed: int) -> None:
    done = odoo_database.read_tests(log)
    assert (done.good, done.passed) == (good, passed)


def test_the_template_holds_what_the_addon_depends_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "ADDON", tmp_path)
    assert odoo_database.dependencies() == ["hr_attendance"]
    (tmp_path / "__manifest__.py").write_text("{'name': 'x', 'depends': ['mail', 'hr_attendance']}")
    assert odoo_database.dependencies() == ["hr_attendance", "mail"]


def test_a_copied_database_hands_out_no_number_twice_after_a_crash() -> None:
    with postgres.acquire(fsync=True) as server:
        databases = odoo_database.OdooDatabases(Odoo(server))
        source, copy = "numbers", "numbers_copy"
        databases.drop(source)
        subprocess.run(
            ["createdb", "--maintenance-db=postgres", source],
            env={**os.environ, **server.env()},
            check=True,
        )
        make = "CREATE TABLE t (id serial PRIMARY KEY); INSERT INTO t DEFAULT VALUES"
        postgres.psql(server, make, database=source)
        databases.create(copy, template=source)
        add = "INSERT INTO t DEFAULT VALUES RETURNING id"
        before = [int(postgres.psql(server, add, database=copy)) for _ in range(3)]
        server.kill()
        server.start()
        assert int(postgres.psql(server, add, database=copy)) > max(before)
        databases.drop(copy)
        databases.drop(source)
