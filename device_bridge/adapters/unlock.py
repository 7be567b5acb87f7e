"""What opens outbox and gallery on this machine's disk: the setting `state.unlock`.

The key is made of a half that lies on the disk (identity.json) and one that does not:

    server   Odoo has it; asked for once after each boot. A stolen card opens nothing
             once the device is revoked.
    tpm      the machine's security chip keeps it (adapters/tpm.py): starts without Odoo, and
             a card or disk alone opens nothing; the whole machine does.
    local    there is none: starts without Odoo, and does not protect a stolen card.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from device_bridge.adapters.seal import Seal

_log = logging.getLogger(__name__)

_INFO = b"device-bridge storage v1"
_FILE = "storage-half"
_HALF_BYTES = 32


def seal_of(own_half: bytes, other_half: bytes) -> Seal:
    """The seal that both halves make (HKDF-SHA256, RFC 5869)."""
    key = HKDF(hashes.SHA256(), 32, salt=other_half, info=_INFO).derive(own_half)
    return Seal(key)


class ServerHalf:
    """Asks Odoo once after each boot.

    Args:
        ask: ports.Server's `unlock`.
        memory: a folder in memory (tmpfs), gone with the power; "": ask at every start.
    """

    def __init__(self, ask: Callable[[], bytes], memory: str) -> None:
        self._ask, self._memory = ask, memory

    def get(self) -> bytes:
        """Raises ServerUnreachable, Refused."""
        kept = self._kept()
        if kept is not None:
            return kept
        half = self._ask()
        try:
            self._keep(half)
        except OSError as error:
            # systemd takes the folder away while the service is stopped, and a tmpfs may be
            # full: the half is here all the same, and the next start asks again
            _log.warning("half_not_kept", extra={"memory": self._memory, "why": error.strerror})
        return half

    def forget(self) -> None:
        if self._memory:
            (Path(self._memory) / _FILE).unlink(missing_ok=True)

    def _kept(self) -> bytes | None:
        if not self._memory:
            return None
        try:
            half = (Path(self._memory) / _FILE).read_bytes()
        except OSError:
            return None
        return half if len(half) == _HALF_BYTES else None

    def _keep(self, half: bytes) -> None:
        if not self._memory:
            return
        path = Path(self._memory) / _FILE
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(half)


class NoHalf:
    """`local`: nothing but what lies on the disk."""

    def get(self) -> bytes:
        return bytes(_HALF_BYTES)

    def forget(self) -> None: ...
