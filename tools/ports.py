"""Free ports on the loopback address."""

from __future__ import annotations

import socket

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


def pick(preferred: int, avoid: tuple[int, ...] = ()) -> int:
    """`preferred` if it is free, else the next free one, else any."""
    for port in range(preferred, preferred + 50):
        if port not in avoid and is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
