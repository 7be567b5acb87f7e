"""Who may talk to the page's socket: whoever opened the page with the key of this bridge.

A key is good for one opening. What the page gets for it, its session, it keeps in its own
storage, which no other page of this machine can read; so it survives a restart of the browser
and of the bridge, and nothing that can be stolen stands in an address.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import threading
from pathlib import Path

MOST_SESSIONS = 8


class Keys:
    """One key at a time, and the newest sessions.

    Args:
        folder: where the page's next address (`screen.url`) and the digests of its sessions
            stand, readable by this user only.
        page: the address of the page without a key.
    """

    def __init__(self, folder: Path, page: str) -> None:
        self._folder, self._page = folder, page
        self._lock = threading.Lock()
        self._sessions = self._read()
        self._key = self._mint()

    @property
    def address(self) -> str:
        """The address to open next; the key is behind the #, which browsers do not send."""
        return f"{self._page}#{self._key}"

    def admit(self, secret: str) -> str | None:
        """The session for a key or for a session; None for anything else."""
        with self._lock:
            if _digest(secret) in self._sessions:
                return secret
            if not secrets.compare_digest(secret.encode(), self._key.encode()):
                return None
            session = secrets.token_urlsafe(32)
            self._sessions = [*self._sessions, _digest(session)][-MOST_SESSIONS:]
            _write(self._folder / "screen.json", json.dumps(self._sessions))
            self._key = self._mint()
            return session

    def _mint(self) -> str:
        key = secrets.token_urlsafe(32)
        _write(self._folder / "screen.url", f"{self._page}#{key}\n")
        return key

    def _read(self) -> list[str]:
        try:
            found = json.loads((self._folder / "screen.json").read_text())
        except (OSError, ValueError):
            return []
        known = found if isinstance(found, list) else []
        return [one for one in known if isinstance(one, str)][-MOST_SESSIONS:]


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_name(f".{path.name}.new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    new.replace(path)
