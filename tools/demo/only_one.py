"""One demo at a time: a second one says where the first is."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tools import paths, say


@contextmanager
def only_one() -> Iterator[Callable[[str], None]]:
    """Hold the demo's lock; call the value with the address once there is one."""
    paths.CACHE.mkdir(parents=True, exist_ok=True)
    with (paths.CACHE / "demo.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            address = file.read().strip() or "an address it has not announced yet"
            raise say.Problem(
                f"A demo is running already, at {address}: look there, or end it with Ctrl-C"
                " or `make clean`."
            ) from None

        def announce(address: str) -> None:
            file.truncate(0)
            file.write(address)
            file.flush()

        announce("")
        yield announce
