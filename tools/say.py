"""What the person in front of the terminal sees: steps, elapsed time, and one-sentence failures."""

from __future__ import annotations

import ctypes
import errno
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_PR_SET_PDEATHSIG = 1  # from linux/prctl.h
EVERY_S = 10.0  # without a terminal, a long step shows at most this often that it is alive


class Problem(Exception):
    """Something that the person has to put right; the message is one sentence that says how."""


class _Line:
    """The line under a step that shows how far it is; on a terminal it is rewritten in place."""

    def __init__(self) -> None:
        self._last_s = time.monotonic()
        self._open = False

    def show(self, text: str) -> None:
        now = time.monotonic()
        if sys.stdout.isatty():
            if now - self._last_s >= 0.1:
                print(f"\r\x1b[2K    {text[:100]}", end="", flush=True)
                self._last_s, self._open = now, True
        elif now - self._last_s >= EVERY_S:
            print(f"    … {text[:100]}", flush=True)
            self._last_s = now

    def close(self) -> None:
        if self._open:
            print("\r\x1b[2K", end="", flush=True)
            self._open = False


_line = _Line()


def note(text: str) -> None:
    """Print one line that stays."""
    _line.close()
    print(text, flush=True)


def progress(text: str) -> None:
    """Show how far the current step is; often called, seldom printed."""
    _line.show(text.strip())


@contextmanager
def step(title: str) -> Iterator[None]:
    """Announce a step, then say how long it took."""
    note(f"▸ {title}")
    started_s = time.monotonic()
    try:
        yield
    finally:
        _line.close()
    note(f"  ✓ done in {time.monotonic() - started_s:.1f} s")


def _on_end(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def run_main(main: Callable[[], int], name: str = "") -> None:
    """Run a command's `main`; turn every expected end into one line and an exit code."""
    from tools import processes

    # A shell that starts us in the background has SIGINT ignored; asked to end, we end.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _on_end)
    # make may be killed too; without this we would go on alone.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    try:
        with processes.registered(name or main.__module__):
            code = main()
    except Problem as problem:
        note(f"✗ {problem}")
        code = 1
    except KeyboardInterrupt:
        note("Interrupted; nothing is left running. The same command goes on from here.")
        code = 128 + signal.SIGINT
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        note(f"✗ {disk_full(error.filename)}")
        code = 1
    sys.exit(code)


def disk_full(where: object = None) -> str:
    """The sentence for a full disk."""
    place = f" at {where}" if where else ""
    return (
        f"The disk is full{place}: free some space, or set XDG_CACHE_HOME to a folder on a "
        "larger disk, and run the same command again."
    )
