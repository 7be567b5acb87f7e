"""Outlives the command that started it by a few seconds, to end what that one left running.

A command that is killed cannot clean up, and what it started may have started more. So every
process group is announced here, on standard input; when the command is gone, that input ends.
Each line is `start GROUP SIGNAL LINGER` or `end GROUP`; LINGER is how many seconds the group may
go on after its leader. Runs by itself: `python3 -I guardian.py`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable

PATIENCE_S = 20.0


def main() -> None:
    # It ends with its input, not with the terminal.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: dict[int, tuple[int, int]] = {}
    for line in sys.stdin:
        word, group, *how = line.split()
        if word == "start":
            groups[int(group)] = int(how[0]), int(how[1])
        else:
            groups.pop(int(group), None)
    # Newest first: Odoo goes before the PostgreSQL that it talks to.
    for leader in reversed(groups):
        _end(leader, *groups[leader])


def _end(leader: int, stop_signal: int, linger_s: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(leader, stop_signal)
        _wait(lambda: _is_there(leader), max(PATIENCE_S, linger_s))
        _wait(lambda: _has_members(leader), linger_s)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _wait(going_on: Callable[[], bool], at_most_s: float) -> None:
    deadline_s = time.monotonic() + at_most_s
    while time.monotonic() < deadline_s and going_on():
        time.sleep(0.05)


def _has_members(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _is_there(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


if __name__ == "__main__":
    main()
