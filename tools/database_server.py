"""What every PostgreSQL server is to us, whether it is ours or somebody's."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self


class Server(Protocol):
    """A PostgreSQL that Odoo can use."""

    home: Path  # where files that belong to this server's databases are kept

    def start(self) -> None: ...
    def stop(self, mode: str = "fast") -> None: ...
    def kill(self) -> None: ...
    def release(self) -> None:
        """Let another run have it."""

    def env(self) -> dict[str, str]:
        """PGHOST and friends for any PostgreSQL client."""


class Context:
    """A server that starts when a `with` block is entered and stops when it is left."""

    def start(self) -> None:
        raise NotImplementedError

    def stop(self, mode: str = "fast") -> None:
        raise NotImplementedError

    def release(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _where: TracebackType | None,
    ) -> None:
        self.stop()
        self.release()


def psql(server: Server, sql: str, *, database: str = "postgres", user: str | None = None) -> str:
    """Run one statement and return what it prints, unaligned."""
    env = {**os.environ, **server.env()}
    if user:
        env["PGUSER"] = user
    done = subprocess.run(
        ["psql", "-wXAtq", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()
