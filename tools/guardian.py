"""Outlives the command that started it by a few seconds, to end what that one left running.

A command that is killed cannot clean up, and what it started may have started more. So every
process group is announced here, on standard input; when the command is gone, that input ends.
Each line is `start GROUP SIGNAL` or `end GROUP`. Runs by itself: `python3 -I guardian.py`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time

PATIENCE_S = 20.0


def main() -> None:
    # It ends with its input, not with the terminal.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: dict[int, int] = {}
    for line in sys.stdin:
        word, group, *stop_signal = line.split()
        if word == "start":
            groups[int(group)] = int(stop_signal[0])
        else:
            groups.pop(int(group), None)
    # Newest first: Odoo goes before the PostgreSQL that it talks to.
    for leader in reversed(groups):
        _end(leader, groups[leader])


def _end(leader: int, stop_signal: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(leader, stop_signal)
        deadline_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline_s and _is_there(leader):
            time.sleep(0.05)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _is_there(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


if __name__ == "__main__":
    main()
