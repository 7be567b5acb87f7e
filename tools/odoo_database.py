"""Odoo databases made quickly: installed once as a template, then copied with their files."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tools import command, odoo_source, paths, ports, postgres, python_env, say, stamps
from tools.odoo_server import Odoo

ADDON = "hr_face_attendance"


@dataclass(frozen=True)
class OdooTestRun:
    """What Odoo's own test runner reported."""

    tests: int
    failures: int
    errors: int
    error_lines: tuple[str, ...]
    bad: frozenset[str] = frozenset()  # names, as in TestKiosk.test_badge

    @property
    def passed(self) -> int:
        return self.tests - self.failures - self.errors

    @property
    def good(self) -> bool:
        return self.tests > 0 and not (self.failures or self.errors or self.error_lines)


class OdooDatabases:
    """Databases of one PostgreSQL server and their filestores."""

    def __init__(self, odoo: Odoo) -> None:
        self._odoo = odoo
        self._config = odoo.data_dir.parent / "odoo-command.conf"
        self._script = odoo.data_dir.parent / "odoo-shell.py"

    def create(self, name: str, *, with_demo: bool = False, template: str = "") -> None:
        """Make a database with everything installed that the addon depends on; replaces `name`.

        `with_demo` brings Odoo's demo data; only such a database can load the addon's own.
        Another `template` is copied as it is.
        """
        template = template or self.ensure_template(with_demo=with_demo)
        self.drop(name)
        self._client("createdb", "--template", template, *self._strategy(), name)
        source, target = self._filestore(template), self._filestore(name)
        if source.is_dir():
            # Odoo never changes a file of its store, so copies can share them.
            shutil.copytree(source, target, copy_function=os.link)

    def _strategy(self) -> list[str]:
        """How PostgreSQL copies a template: file by file, as it did before version 15.

        Since then it copies pages through its log. A sequence's page tells how many values the
        log already holds in advance, but those are logged for the template; so after a crash
        soon after the copy, a sequence would hand out numbers again that are in use.
        """
        version = int(postgres.psql(self._odoo.postgres, "SHOW server_version_num"))
        return ["--strategy", "file_copy"] if version >= 150000 else []

    def drop(self, name: str) -> None:
        """Remove a database and its files, if they exist."""
        self._client("dropdb", "--if-exists", "--force", name)
        shutil.rmtree(self._filestore(name), ignore_errors=True)

    def exists(self, name: str) -> bool:
        sql = f"SELECT 1 FROM pg_database WHERE datname = '{name}'"
        return postgres.psql(self._odoo.postgres, sql) == "1"

    def ensure_template(self, *, with_demo: bool = False) -> str:
        """Name of the template database; made at its first use (half a minute)."""
        name = template_name(with_demo=with_demo)
        stamp = template_stamp(self._odoo.postgres.home, name)
        if stamp.is_file() and self.exists(name):
            return name
        self.drop(name)
        modules = ",".join(dependencies())
        self.run(
            name,
            ["-i", modules, "--stop-after-init", "--max-cron-threads=0"]
            + (["--with-demo"] if with_demo else []),
            what=f"Installing {modules} in a template database",
        )
        stamps.mark(stamp, name)
        return name

    def install_addon(self, database: str, addon: str = ADDON, *, with_demo: bool = False) -> None:
        """Install the addon from the clone, with its demo data if asked."""
        self.run(
            database,
            ["-i", addon, "--stop-after-init"] + (["--with-demo"] if with_demo else []),
            what=f"Installing {addon}",
            addons_path=[paths.CLONE],
        )

    def run_core_tests(self, database: str, modules: Sequence[str], log: str) -> OdooTestRun:
        """Run the tests of installed modules with everything that is installed loaded.

        Odoo runs the `at_install` half while a module is loaded, before others that extend it;
        its shell runs them afterwards, so that what extends a module is tested, too.
        """
        tags = ",".join(f"/{module}" for module in modules)
        file = paths.LOGS / f"{log}.log"
        file.unlink(missing_ok=True)
        script = (
            f"from odoo.tests.shell import run_tests\nrun_tests(env, {tags!r}, {list(modules)!r})"
        )
        with suppress(say.Problem):
            self.run(
                database,
                ["--max-cron-threads=0"],
                what=f"Running the tests of {', '.join(modules)}",
                addons_path=[paths.CLONE],
                log=log,
                script=script,
            )
        return read_tests(file.read_text())

    def run_tests(
        self, database: str, tags: str = f"/{ADDON}", *, addon: str = ADDON, with_demo: bool = False
    ) -> OdooTestRun:
        """Install the addon and run its Odoo tests; everything is in the log `odoo-tests`."""
        log = paths.LOGS / "odoo-tests.log"
        log.unlink(missing_ok=True)
        arguments = ["-i", addon, "--test-tags", tags, "--stop-after-init"]
        with suppress(say.Problem):  # its exit code says no more than the counts in its output
            self.run(
                database,
                arguments + (["--with-demo"] if with_demo else []),
                what="Running Odoo's tests",
                addons_path=[paths.CLONE],
                log="odoo-tests",
            )
        return read_tests(log.read_text())

    def run(
        self,
        database: str,
        arguments: Sequence[str],
        *,
        what: str,
        addons_path: Sequence[Path] = (),
        log: str = "odoo-install",
        script: str = "",
    ) -> str:
        """Run Odoo once and return its output; with a `script`, its shell runs that."""
        self._odoo.write_config(
            self._config,
            addons_path=addons_path,
            http_port=ports.pick(8169),
            gevent_port=ports.pick(8269),
            workers=0,
        )
        stamps.write(self._script, script)
        return command.run(
            self._odoo.command(
                self._config, "-d", database, *arguments, program="shell" if script else ""
            ),
            what=what,
            log=log,
            env=self._odoo.env(),
            cwd=self._odoo.data_dir,
            stdin=self._script,
            progress=_short,
        )

    def _filestore(self, name: str) -> Path:
        return self._odoo.data_dir / "filestore" / name

    def _client(self, program: str, *arguments: str) -> None:
        env = {**os.environ, **self._odoo.postgres.env()}
        done = subprocess.run(
            [program, "--maintenance-db=postgres", *arguments],
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise say.Problem(f"{program} failed: {done.stderr.strip()}")


def template_name(*, with_demo: bool = False) -> str:
    """Name of the template for the present Odoo, Python packages and dependencies."""
    inputs = (odoo_source.get(), python_env.odoo_env().name, dependencies(), with_demo)
    return f"hr_face_template_{stamps.digest(*inputs)[:12]}"


def template_stamp(home: Path, name: str) -> Path:
    """File that says that the template `name` is complete on the server with that home."""
    return home / f"{name}.done"


def dependencies() -> list[str]:
    """Modules that the addon's manifest asks for."""
    manifest = paths.ADDON / "__manifest__.py"
    if not manifest.is_file():
        return ["hr_attendance"]
    found = ast.literal_eval(manifest.read_text())["depends"]
    return sorted(found)


def read_tests(log: str) -> OdooTestRun:
    """Read the counts of Odoo's test runner, and every line that it logged as an error."""
    counts = re.findall(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests", log)
    failures, errors, tests = map(int, counts[-1]) if counts else (0, 0, 0)
    lines = re.findall(r"^\S+ \S+ \d+ (?:ERROR|CRITICAL) .*$", log, re.MULTILINE)
    bad = re.findall(r"(?:FAIL|ERROR): (\w+\.\w+)", log)
    return OdooTestRun(tests, failures, errors, tuple(lines), frozenset(bad))


def _short(line: str) -> str | None:
    found = re.search(r"odoo\.\S+: (Loading module .*|Starting \S+.*)", line)
    return found[1] if found else None
