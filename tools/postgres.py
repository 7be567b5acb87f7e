"""PostgreSQL for demo and tests: a cluster of our own, or the server that PGHOST names."""

from __future__ import annotations

import hashlib
import os
import subprocess

from tools import paths, say
from tools.cluster import Cluster
from tools.database_server import Context, Server, psql

__all__ = ["Cluster", "External", "Server", "acquire", "is_external", "psql"]

SLOTS = 8  # clusters that can be in use at once: a demo, and tests beside it
_OVERRIDES = ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGHOSTADDR", "PGSERVICE")


def is_external() -> bool:
    """Whether the person named a server of their own."""
    return bool(os.environ.get("PGHOST"))


def acquire(*, fsync: bool = True) -> External | Cluster:
    """The person's server, or the first cluster of ours that no other run is using.

    `fsync=False` is for tests that do not ask what a crash leaves behind.
    """
    if is_external():
        return External()
    for number in range(1, SLOTS + 1):
        cluster = Cluster(number, fsync=fsync)
        if cluster.lock():
            return cluster
    raise say.Problem(
        f"{SLOTS} runs are using the database clusters already: end one, or run `make clean`."
    )


class External(Context):
    """The server that PGHOST and friends name; it is never started or stopped."""

    def __init__(self) -> None:
        self._env = {name: os.environ[name] for name in _OVERRIDES if name in os.environ}
        self._env.setdefault("PGPORT", "5432")
        self._env.setdefault("PGUSER", os.environ.get("USER", "odoo"))
        name = hashlib.sha256(repr(sorted(self._env.items())).encode()).hexdigest()[:8]
        self.home = paths.CACHE / "external" / name

    def env(self) -> dict[str, str]:
        return dict(self._env)

    def start(self) -> None:
        ask = "SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user"
        try:
            superuser, can_create = psql(self, ask).split("|")
        except (subprocess.CalledProcessError, FileNotFoundError) as error:
            reason = (getattr(error, "stderr", "") or str(error)).replace("\n", " ")
            raise say.Problem(
                f"PGHOST={self._env['PGHOST']} does not let us in ({reason.strip()}): correct "
                "PGHOST, PGPORT, PGUSER and PGPASSWORD, or unset PGHOST to use our own server."
            ) from error
        if superuser == "t":
            raise say.Problem(
                "Odoo refuses to work as a superuser of PostgreSQL: "
                "set PGUSER to a role that only has CREATEDB."
            )
        if can_create != "t":
            raise say.Problem(
                f"The role {self._env['PGUSER']} may not create databases: "
                f"run ALTER ROLE {self._env['PGUSER']} CREATEDB on that server."
            )

    def stop(self, mode: str = "fast") -> None:
        del mode

    def release(self) -> None: ...

    def kill(self) -> None:
        raise say.Problem("A server that PGHOST names is not ours to kill: unset PGHOST.")
