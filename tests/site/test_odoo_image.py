"""Odoo's image starts without showing its database's password to anybody."""

from __future__ import annotations

import configparser
import os
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.peers.password_asked import password_given
from tests.site.test_compose import instructions, site
from tools import site_files

__all__ = ["site"]


class Start:
    """Odoo's entry point, with a program in Odoo's place that tells how it was started."""

    def __init__(self, folder: Path) -> None:
        self.passfile, self.secret = folder / "passfile", folder / "secret"
        self._programs = folder / "bin"
        self._programs.mkdir()
        for name in ("odoo", "psql"):
            (self._programs / name).write_text('#!/bin/sh\necho "${0##*/} $*"; env; umask\n')
            (self._programs / name).chmod(0o755)

    def __call__(self, *words: str, password: str = "s3cret") -> list[str]:
        self.secret.write_text(password)
        environment = {
            "PATH": f"{self._programs}:{os.environ['PATH']}",
            "PASSWORD_FILE": str(self.secret),
            "PGPASSFILE": str(self.passfile),
        }
        script = site_files.DOCKER / "odoo" / "entrypoint.sh"
        done = subprocess.run(
            [script, *words], env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.splitlines()


@pytest.fixture
def start(tmp_path: Path) -> Start:
    return Start(tmp_path)


@pytest.mark.parametrize(
    ("words", "started"),
    [
        ([], "odoo "),
        (["odoo"], "odoo"),
        (["odoo", "-d", "face", "-i", "hr_face_attendance"], "odoo -d face -i hr_face_attendance"),
        (["-d", "face"], "odoo -d face"),
        (["psql", "face"], "psql face"),
    ],
    ids=["nothing", "the image's command", "an installation", "options", "another program"],
)
def test_odoo_is_started_without_its_databases_password(
    start: Start, words: list[str], started: str
) -> None:
    """Arguments and environment of a container are read by others: ps, docker inspect."""
    first, *rest = start(*words)
    assert first.strip() == started.strip()
    assert "s3cret" not in "\n".join([first, *rest])
    assert stat.S_IMODE(start.passfile.stat().st_mode) == 0o600
    before = subprocess.run(["sh", "-c", "umask"], capture_output=True, text=True, check=True)
    assert rest[-1] == before.stdout.strip(), "Odoo's own files are made as before"


@pytest.mark.parametrize("password", ["s3cret", r"a:b\c", "ä ö", "x" * 44 + "="])
def test_the_password_reaches_the_database_as_it_is_in_the_secret(
    start: Start, password: str
) -> None:
    """Asked for by a peer that speaks PostgreSQL's protocol, given by the real libpq."""
    start(password=password)
    assert password_given(passfile=start.passfile) == password


def test_the_image_starts_by_that_and_knows_the_databases_names(site: dict[str, Any]) -> None:
    found = instructions(site_files.DOCKERFILES[1])
    [copied] = [words[2] for words in found if words[:2] == ["COPY", "docker/odoo/entrypoint.sh"]]
    said = {words[0]: words[1:] for words in found}
    assert said["ENTRYPOINT"] == [f"[{copied}]"]
    assert said["CMD"] == ["[odoo]"], "an entry point of one's own empties the base image's"
    assert (site_files.DOCKER / "odoo" / "entrypoint.sh").stat().st_mode & 0o111
    [passfile] = [words[1].partition("=")[2] for words in found if "PGPASSFILE=" in words[1]]
    odoo = site["services"]["odoo"]
    assert str(Path(passfile).parent) in odoo["tmpfs"], "in memory"
    connection = configparser.ConfigParser()
    connection.read(site_files.DOCKER / "odoo" / "odoo.conf")
    assert connection["options"]["db_host"] in site["services"]
    database = site["services"]["db"]["environment"]
    assert connection["options"]["db_user"] == database["POSTGRES_USER"]
    assert odoo["environment"]["PASSWORD_FILE"] == database["POSTGRES_PASSWORD_FILE"]
    assert odoo.get("command") is None
    assert odoo.get("entrypoint") is None
