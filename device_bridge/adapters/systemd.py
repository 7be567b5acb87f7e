"""What systemd is told: started, alive, stopping. The protocol is sd_notify(3)'s: lines of
NAME=VALUE in one datagram to the socket that the environment names."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Mapping

_log = logging.getLogger(__name__)


class Systemd:
    """Implements ports.ServiceManager.

    Attributes:
        watchdog_s: after so long without `alive` the service is restarted; None: it is not
            watched.
    """

    def __init__(self, address: str, watchdog_s: float | None) -> None:
        self._address, self.watchdog_s = address, watchdog_s

    def ready(self) -> None:
        self._tell("READY=1")

    def alive(self) -> None:
        self._tell("WATCHDOG=1")

    def status(self, text: str) -> None:
        self._tell(f"STATUS={' '.join(text.split())}")

    def stopping(self) -> None:
        self._tell("STOPPING=1")

    def _tell(self, line: str) -> None:
        # "@" stands for the zero byte that an abstract address begins with
        address = f"\0{self._address[1:]}" if self._address[0] == "@" else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
                sock.sendto(line.encode(), address)
        except OSError as error:  # the gates go on; systemd acts on what it does not hear
            _log.warning("systemd_not_told", extra={"why": str(error)})


class NoManager:
    """Implements ports.ServiceManager where there is none: started by hand, or in a container."""

    watchdog_s: float | None = None

    def ready(self) -> None: ...
    def alive(self) -> None: ...
    def status(self, text: str) -> None: ...
    def stopping(self) -> None: ...


def manager_of(environment: Mapping[str, str]) -> Systemd | NoManager:
    """By NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, as sd_watchdog_enabled(3) reads them."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return NoManager()
    microseconds, pid = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    ours = pid in {"", str(os.getpid())}
    watched = ours and microseconds.isascii() and microseconds.isdigit() and int(microseconds) > 0
    return Systemd(address, int(microseconds) / 1e6 if watched else None)
