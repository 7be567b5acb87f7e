"""One process at a time works with a state folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from device_bridge.errors import SettingsError


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the folder: two at work with one would number their events alike, and one would
    acknowledge erasures of what the other still remembers. A process that dies lets go of it.

    Raises SettingsError while another one holds it.
    """
    if not folder.is_dir():  # nothing is paired yet, which is said elsewhere
        yield
        return
    file = os.open(folder / "at-work.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SettingsError(
                f"Another device-bridge is at work with {folder}: stop it first, or give this one"
                " a --state of its own."
            ) from error
        yield
    finally:
        os.close(file)
