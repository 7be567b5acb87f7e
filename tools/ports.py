"""Free ports on the loopback address."""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from pathlib import Path

ODOO = 8069  # Odoo's own default


def is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1:`port` now."""
    with socket.socket() as probe:
        # As a server would: a port that only waits for old connections to fade is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


_claimed: dict[int, int] = {}


def _claim(port: int) -> bool:
    """Whether the port is ours until this process ends: what is free now may be somebody else's
    before our server listens, where several test runs share a machine."""
    if port not in _claimed:
        folder = Path(tempfile.gettempdir()) / f"hr-face-attendance-ports-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        claim = os.open(folder / str(port), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(claim)
            return False
        _claimed[port] = claim
    return True


def pick(preferred: int, avoid: tuple[int, ...] = ()) -> int:
    """`preferred` if it is free, else the next free one, else any."""
    for port in range(preferred, preferred + 50):
        if port not in avoid and is_free(port) and _claim(port):
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
