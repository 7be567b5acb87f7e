"""Odoo is started for this machine only, comes back after a kill, and leaves nothing behind."""

from __future__ import annotations

import configparser
import stat
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import ports, postgres, say
from tools.odoo_database import OdooDatabases
from tools.odoo_server import Odoo, OdooServer

DATABASE = "tools_tests"


@pytest.fixture(scope="module")
def odoo() -> Iterator[Odoo]:
    with postgres.acquire(fsync=False) as server:
        found = Odoo(server)
        databases = OdooDatabases(found)
        databases.create(DATABASE)
        yield found
        databases.drop(DATABASE)


def test_its_configuration_is_private_and_closed(odoo: Odoo, tmp_path: Path) -> None:
    file = tmp_path / "odoo.conf"
    odoo.write_config(file, addons_path=[tmp_path], http_port=1)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    parser = configparser.RawConfigParser()
    parser.read(file)
    options = parser["options"]
    assert options["list_db"] == "False"
    assert options["http_interface"] == "127.0.0.1"
    assert options["addons_path"].startswith(f"{tmp_path},")
    assert len(options["admin_passwd"]) > 30


def test_two_configurations_never_share_the_master_password(odoo: Odoo, tmp_path: Path) -> None:
    for name in ("a", "b"):
        odoo.write_config(tmp_path / name)
    assert (tmp_path / "a").read_text() != (tmp_path / "b").read_text()


def test_it_answers_survives_a_kill_and_frees_its_port(odoo: Odoo, tmp_path: Path) -> None:
    web = OdooServer(odoo, DATABASE, addons_path=(), log_file=tmp_path / "odoo.log")
    with web:
        web.kill()
        assert not web.running
        web.start()
        web.wait_ready()
        with urllib.request.urlopen(f"{web.base_url}/web/login") as page:
            assert page.status == 200
    assert ports.is_free(web.port)


def test_a_taken_port_is_passed_over(odoo: Odoo) -> None:
    first = OdooServer(odoo, DATABASE, addons_path=())
    with first:
        second = OdooServer(odoo, DATABASE, addons_path=())
        assert second.port != first.port


def test_a_server_that_cannot_start_is_told_with_its_log(odoo: Odoo, tmp_path: Path) -> None:
    log = tmp_path / "odoo.log"
    web = OdooServer(odoo, DATABASE, addons_path=(), log_file=log, options={"workers": "many"})
    with pytest.raises(say.Problem, match=f"ended while it was starting: see {log}"), web:
        pass


def test_a_copied_database_has_its_files_without_their_space(odoo: Odoo) -> None:
    store = odoo.data_dir / "filestore" / DATABASE
    files = [each for each in store.rglob("*") if each.is_file()]
    assert files
    assert all(each.stat().st_nlink > 1 for each in files)
