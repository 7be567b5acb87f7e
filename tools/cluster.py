"""A PostgreSQL cluster of our own.

It listens on a Unix socket only, in a folder that nobody but the user who runs PostgreSQL (and
root) can enter. So there is no port to be taken, no password to lose, and no other user of the
machine can connect.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import IO

from tools import command, debian, paths, processes, say, stamps
from tools.database_server import Context, psql

ROLE = "odoo"


class Cluster(Context):
    """One of our own clusters; `lock()` it first, because one cluster serves one run."""

    def __init__(self, number: int = 1, *, fsync: bool = True) -> None:
        self.home = paths.CACHE / "clusters" / str(number)
        self._fsync = fsync
        self._folder = paths.clusters() / str(number)
        self._data = self._folder / "data"
        self._log = self._folder / "postgres.log"
        self._user = "postgres" if paths.is_root() else None
        self._lock_file: IO[str] | None = None
        self._process: processes.Process | None = None

    @property
    def socket_folder(self) -> Path:
        """Folder of the Unix socket; its path may not exceed 107 bytes with the socket's name."""
        if len(bytes(self._folder)) < 80:
            return self._folder
        return Path(f"/tmp/{paths.NAME}-{os.getuid()}-{stamps.digest(str(self._folder))}")

    def env(self) -> dict[str, str]:
        return {"PGHOST": str(self.socket_folder), "PGPORT": "5432", "PGUSER": ROLE}

    def lock(self) -> bool:
        """Take the cluster for this process, until it ends; False if another run has it."""
        self.home.mkdir(parents=True, exist_ok=True)
        self._lock_file = (self.home / "lock").open("a")
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock_file.close()
            self._lock_file = None
            return False
        return True

    def release(self) -> None:
        """Let another run have the cluster."""
        if self._lock_file is not None:
            self._lock_file.close()
            self._lock_file = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.running

    def start(self, timeout_s: float = 180.0) -> None:
        """Start PostgreSQL and wait until it answers; after a crash it first syncs every file."""
        if self.running:
            return
        if self._lock_file is None and not self.lock():
            raise say.Problem("Another run is using this database cluster: end it first.")
        self._make_folders()
        self._stop_orphan()
        if not (self._data / "PG_VERSION").exists():
            self._create()
        deadline_s = time.monotonic() + timeout_s
        while not self._try_to_start(deadline_s):
            # After a crash PostgreSQL waits for its last children to leave the shared memory.
            if time.monotonic() > deadline_s:
                raise say.Problem(
                    f"PostgreSQL did not start within {timeout_s:.0f} s: see {self._log}."
                )
            time.sleep(0.5)
        self._create_role()

    def stop(self, mode: str = "fast") -> None:
        """Stop PostgreSQL: "smart" waits for clients, "fast" ends them, "immediate" is a crash."""
        if self._process is None:
            return
        numbers = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}
        self._process.stop(numbers[mode], timeout_s=60)
        self._process = None

    def kill(self) -> None:
        """SIGKILL the server; its children see that and end. `start` recovers."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def _make_folders(self) -> None:
        parents = [paths.clusters().parent, paths.clusters()] if self._user else []
        for parent in parents:
            parent.mkdir(parents=True, exist_ok=True)
            parent.chmod(0o755)
        for folder in (self._folder, self.socket_folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._user:
                shutil.chown(folder, self._user, self._user)
            elif folder.stat().st_uid != os.getuid():
                raise say.Problem(f"{folder} belongs to another user: remove it.")
            folder.chmod(0o700)

    def _stop_orphan(self) -> None:
        """End a server that outlived its run; we hold the lock, so nobody else uses it."""
        file = self._data / "postmaster.pid"
        if not file.exists():
            return
        pid = int(file.read_text().split()[0])
        try:
            ours = os.readlink(f"/proc/{pid}/cwd") == str(self._data)
        except OSError:
            ours = False
        if ours:
            os.kill(pid, signal.SIGINT)
            deadline_s = time.monotonic() + 60
            while file.exists() and time.monotonic() < deadline_s:
                time.sleep(0.1)

    def _create(self) -> None:
        new = self._folder / "data.new"
        shutil.rmtree(new, ignore_errors=True)
        command.run(
            [
                *(self._program("initdb"), "-D", new, "-U", "postgres", "--no-sync"),
                *("--encoding=UTF8", "--locale=C.UTF-8"),
                *("--auth-local=trust", "--auth-host=reject"),
            ],
            what="Creating the database cluster",
            log="postgres",
            user=self._user,
            cwd=self._folder,
        )
        shutil.rmtree(self._data, ignore_errors=True)
        new.rename(self._data)

    def _try_to_start(self, deadline_s: float) -> bool:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_folder),
            "port": "5432",
            "fsync": "on" if self._fsync else "off",
            "synchronous_commit": "on" if self._fsync else "off",
            "full_page_writes": "on" if self._fsync else "off",
            "shared_buffers": "256MB",
            "max_wal_size": "1GB",
            "logging_collector": "off",
            "log_line_prefix": "%m [%p] %d ",
        }
        options = [word for each in settings.items() for word in ("-c", "=".join(each))]
        self._process = processes.spawn(
            [self._program("postgres"), "-D", self._data, *options],
            name="PostgreSQL",
            log=self._log,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            cwd=self._folder,
            user=self._user,
            stop_signal=signal.SIGINT,
        )
        while time.monotonic() < deadline_s:
            if not self._process.running:
                return False
            if self._answers():
                return True
            time.sleep(0.05)
        self.kill()
        return False

    def _answers(self) -> bool:
        ask: list[str | Path] = [self._program("pg_isready"), "-q", "-t", "1"]
        return subprocess.run(ask, env=self.env(), check=False).returncode == 0

    def _create_role(self) -> None:
        known = f"SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}'"
        if not psql(self, known, user="postgres"):
            psql(self, f"CREATE ROLE {ROLE} LOGIN CREATEDB", user="postgres")

    def _program(self, name: str) -> Path:
        # The cluster stays with the version that made it, whatever Debian installs later.
        marker = self._data / "PG_VERSION"
        folder = debian.postgres_bin()
        if marker.exists():
            folder = Path("/usr/lib/postgresql") / marker.read_text().strip() / "bin"
        if folder is None or not (folder / name).exists():
            raise say.Problem(
                "PostgreSQL's server programs are missing: "
                f"{debian.install_command(['postgresql'])}"
            )
        return folder / name
