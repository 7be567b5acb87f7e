"""Our PostgreSQL starts, crashes, recovers and keeps strangers out."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import paths, postgres, say

pytestmark = pytest.mark.skipif(
    postgres.is_external(), reason="PGHOST is set, so no cluster of ours is in use"
)

HELD = """
import sys
from tools import postgres
with postgres.acquire(fsync=False) as server:
    print(server.env()["PGHOST"], flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Cluster]:
    with postgres.acquire() as cluster:
        assert isinstance(cluster, postgres.Cluster)
        yield cluster


def test_it_answers_and_odoo_may_create_databases(server: postgres.Cluster) -> None:
    ask = "SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user"
    assert postgres.psql(server, ask) == "f|t"


def test_it_is_utf8_and_keeps_what_it_promised(server: postgres.Cluster) -> None:
    assert postgres.psql(server, "SHOW server_encoding") == "UTF8"
    assert postgres.psql(server, "SHOW fsync") == "on"


def test_only_its_own_user_and_root_can_reach_it(server: postgres.Cluster) -> None:
    assert postgres.psql(server, "SHOW listen_addresses") == ""
    assert stat.S_IMODE(server.socket_folder.stat().st_mode) == 0o700


def test_what_was_committed_survives_a_kill(server: postgres.Cluster) -> None:
    owner = "postgres"
    sql = "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 42 AS n"
    postgres.psql(server, sql, user=owner)
    server.kill()
    server.start()
    assert postgres.psql(server, "SELECT n FROM kept", user=owner) == "42"
    postgres.psql(server, "DROP TABLE kept", user=owner)


def test_starting_twice_does_no_harm(server: postgres.Cluster) -> None:
    server.start()
    assert server.running


@pytest.mark.usefixtures("server")
def test_another_run_gets_a_cluster_of_its_own() -> None:
    with postgres.acquire() as other:
        assert isinstance(other, postgres.Cluster)
        assert postgres.psql(other, "SELECT 1") == "1"


def test_after_its_starter_was_killed_it_starts_again() -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", HELD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=paths.CLONE,
        text=True,
    )
    with starter:
        assert starter.stdout is not None
        folder = starter.stdout.readline().strip()
        starter.send_signal(signal.SIGKILL)
    with postgres.acquire(fsync=False) as again:
        assert again.env()["PGHOST"] == folder
        assert postgres.psql(again, "SELECT 1") == "1"


def test_a_server_that_does_not_let_us_in_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGHOST", str(tmp_path))
    with pytest.raises(say.Problem, match=f"PGHOST={tmp_path} does not let us in"):
        postgres.acquire().start()


def test_a_superuser_is_refused_as_odoo_does(
    server: postgres.Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGHOST", server.env()["PGHOST"])
    monkeypatch.setenv("PGUSER", "postgres")
    with pytest.raises(say.Problem, match="superuser"):
        postgres.acquire().start()


def test_the_persons_own_server_is_used_and_left_running(
    server: postgres.Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in server.env().items():
        monkeypatch.setenv(name, value)
    with postgres.acquire() as external:
        assert postgres.psql(external, "SELECT current_user") == "odoo"
    assert server.running
    assert os.environ["PGHOST"] == str(server.socket_folder)
