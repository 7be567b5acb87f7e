"""A running Odoo: written configuration, own process group, ready when its web page answers."""

from __future__ import annotations

import configparser
import io
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from tools import command, odoo_source, paths, ports, postgres, processes, python_env, say, stamps


class Odoo:
    """The installed Odoo together with the PostgreSQL that it uses: how to call it."""

    def __init__(self, server: postgres.Server) -> None:
        self.postgres = server
        self.source = odoo_source.get()
        if not python_env.odoo_is_ready():
            raise say.Problem("Odoo's Python environment is not here yet: run `make setup` first.")
        self.python_env = python_env.odoo_env()
        self.data_dir = server.home / "odoo-data"

    def command(self, config: Path, *arguments: str, program: str = "") -> list[str | Path]:
        """Command line of Odoo, or of one of its programs, with a configuration file."""
        programs = self.python_env / "bin"
        start = [programs / "python", programs / "odoo", *([program] if program else [])]
        return [*start, "--config", config, *arguments]

    def env(self) -> dict[str, str]:
        """Environment of Odoo's process; the connection is in the configuration file."""
        env = command.environment({"PYTHONPATH": self.source.root})
        for name in [name for name in env if name.startswith("PG")]:
            del env[name]
        return env

    def write_config(
        self, file: Path, *, addons_path: Sequence[Path] = (), **options: object
    ) -> None:
        """Write a configuration file that only its owner can read."""
        connection = self.postgres.env()
        own = [str(folder) for folder in addons_path]
        values: dict[str, object] = {
            "addons_path": ",".join([*own, *self.source.addons]),
            "admin_passwd": secrets.token_urlsafe(24),
            "data_dir": self.data_dir,
            "db_host": connection["PGHOST"],
            "db_port": connection["PGPORT"],
            "db_user": connection["PGUSER"],
            "db_password": connection.get("PGPASSWORD", False),
            "list_db": False,
            "http_interface": "127.0.0.1",
            **options,
        }
        parser = configparser.RawConfigParser()
        parser["options"] = {name: str(value) for name, value in values.items()}
        text = io.StringIO()
        parser.write(text)
        self.data_dir.mkdir(parents=True, exist_ok=True)
        stamps.write(file, text.getvalue(), mode=0o600)


class OdooServer:
    """One Odoo web server for one database.

    `base_url` is where browsers and bridges go. With workers, websockets have a port of their own
    (`gevent_port`), which needs a reverse proxy in front and `proxy_mode=True`.
    """

    def __init__(
        self,
        odoo: Odoo,
        database: str,
        *,
        port: int | None = None,
        addons_path: Sequence[Path] = (paths.CLONE,),
        log_file: Path | None = None,
        workers: int = 0,
        proxy_mode: bool = False,
        options: dict[str, object] | None = None,
        env: dict[str, str] | None = None,
    ) -> None:
        self.odoo = odoo
        self.database = database
        self.port = port or ports.pick(ports.ODOO)
        self.gevent_port = ports.pick(self.port + 1, avoid=(self.port,))
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.log_file = log_file or paths.BUILD / f"odoo-{database}.log"
        self._config = odoo.data_dir.parent / f"odoo-{database}.conf"
        self._env = env or {}
        self._process: processes.Process | None = None
        self._options = {
            "http_port": self.port,
            "gevent_port": self.gevent_port,
            "workers": workers,
            "proxy_mode": proxy_mode,
            "db_name": database,
            "dbfilter": f"^{database}$",
            "max_cron_threads": 1,
            **(options or {}),
        }
        self._addons_path = addons_path

    def __enter__(self) -> OdooServer:
        self.start()
        self.wait_ready()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _where: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.running

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the server and return at once; `wait_ready` tells when it answers."""
        if self.running:
            return
        self.odoo.write_config(self._config, addons_path=self._addons_path, **self._options)
        self._process = processes.spawn(
            self.odoo.command(self._config),
            name=f"Odoo ({self.database})",
            log=self.log_file,
            env={**self.odoo.env(), **self._env},
            cwd=self.odoo.data_dir,
            address=self.base_url,
        )

    def wait_ready(self, timeout_s: float = 120.0) -> None:
        """Wait until a login page is served: registry loaded, database reached."""
        deadline_s = time.monotonic() + timeout_s
        while time.monotonic() < deadline_s:
            if not self.running:
                raise say.Problem(f"Odoo ended while it was starting: see {self.log_file}.")
            if self._answers():
                return
            say.progress(f"waiting for Odoo at {self.base_url}")
            time.sleep(0.1)
        raise say.Problem(f"Odoo did not answer within {timeout_s:.0f} s: see {self.log_file}.")

    def stop(self, timeout_s: float = 30.0) -> None:
        """Stop as a service manager would: requests under way are finished."""
        if self._process is not None:
            # Odoo leaves at the second SIGTERM without waiting, so only one is sent.
            self._process.stop(timeout_s=timeout_s)
            self._process = None

    def kill(self) -> None:
        """SIGKILL the server and its workers."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def restart(self, timeout_s: float = 120.0) -> None:
        """Stop, start on the same port, and wait."""
        self.stop()
        self.start()
        self.wait_ready(timeout_s)

    def _answers(self) -> bool:
        request = urllib.request.Request(f"{self.base_url}/web/login")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False
