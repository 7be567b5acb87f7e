"""Two test runs on one machine are never given the same port."""

from __future__ import annotations

import socket
import subprocess
import sys

from tools import ports

_PICK = "from tools import ports; print(ports.pick({0}), flush=True); input()"


def test_a_port_is_given_to_one_process_until_that_one_ends() -> None:
    first = ports.pick(24100)
    other = subprocess.Popen(
        [sys.executable, "-c", _PICK.format(first)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with other:
        assert other.stdout is not None
        second = int(other.stdout.readline())
        assert second != first
        assert ports.pick(second) != second
        other.communicate("\n")
    assert ports.pick(second) == second
    assert ports.pick(first) == first, "its own it may use again"


def test_a_port_that_is_taken_or_to_be_avoided_is_passed_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert ports.pick(port) != port
    assert ports.pick(port, avoid=(port,)) != port
