"""Where everything lives: the clone, the cache shared by all clones, and the database cluster."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

NAME = "hr-face-attendance"
CLONE = Path(__file__).resolve().parent.parent
ADDON = CLONE / "hr_face_attendance"
BUILD = CLONE / "build"
BRIDGE_ENV = CLONE / ".venv"
CONSTRAINTS = CLONE / "constraints"


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification says that a relative path is to be ignored.
    base = Path(home) if home.startswith("/") else Path.home() / ".cache"
    return base / NAME


CACHE = _cache()
APT = CACHE / "apt"  # private apt configuration and its index
ENVS = CACHE / "envs"  # Python environments other than the clone's own
FACES = CACHE / "faces"  # demo photos, one folder per source package
LOCK = CACHE / "setup.lock"
# full output of every command that set-up ran; two clones at work do not mix theirs
LOGS = CACHE / "logs" / hashlib.sha256(bytes(CLONE)).hexdigest()[:8]
NODE = CACHE / "node"  # linters for JavaScript
ODOO = CACHE / "odoo"  # the unpacked server
PROCESSES = CACHE / "processes"  # one small file per server that we started
WHEELS = CACHE / "wheels"  # every wheel we install, so that a second clone needs no network


def is_root() -> bool:
    """Whether packages can be installed and a server be started as another user."""
    return os.geteuid() == 0


def clusters() -> Path:
    """Folder of our PostgreSQL clusters, which the user that runs PostgreSQL can enter.

    PostgreSQL refuses to run as root, and root's home, where the cache usually is, lets nobody
    else in. So root's clusters are under /var/lib, one folder per cache.
    """
    if not is_root():
        return CACHE / "clusters"
    return Path("/var/lib") / NAME / hashlib.sha256(bytes(CACHE)).hexdigest()[:8]
