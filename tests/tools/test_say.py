"""Every expected end is one line and an exit code."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tools import paths

MAIN = """
import os, sys, time
from pathlib import Path
from tools import paths, say
paths.PROCESSES = Path(sys.argv[1])

def main():
    {body}
    return 0

say.run_main(main, "test")
"""


def _start(body: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", MAIN.format(body=body), folder],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=paths.CLONE,
        text=True,
    )


@pytest.mark.parametrize(
    ("body", "code", "line"),
    [
        ("say.note('fine')", 0, "fine"),
        ("raise say.Problem('Plug it in.')", 1, "✗ Plug it in."),
        (f"raise OSError({errno.ENOSPC}, 'full', 'x')", 1, "✗ The disk is full at x: free"),
        ("raise KeyboardInterrupt", 130, "Interrupted; nothing is left running."),
    ],
    ids=["good", "problem", "full disk", "Ctrl-C"],
)
def test_how_a_command_ends(body: str, code: int, line: str, tmp_path: Path) -> None:
    with _start(body, tmp_path) as command:
        out, _ = command.communicate()
    assert command.returncode == code
    assert out.startswith(line)
    assert len(out.splitlines()) == 1


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_how_a_command_ends_by_a_signal(number: signal.Signals, code: int, tmp_path: Path) -> None:
    with _start("print(flush=True); time.sleep(60)", tmp_path) as command:
        assert command.stdout is not None
        command.stdout.readline()
        assert len(list(tmp_path.glob("*.json"))) == 1
        command.send_signal(number)
        command.communicate()
    assert command.returncode == code
    assert list(tmp_path.glob("*.json")) == []


def test_a_fault_of_ours_keeps_its_traceback(tmp_path: Path) -> None:
    with _start("raise ValueError('ours')", tmp_path) as command:
        out, _ = command.communicate()
    assert "Traceback" in out
    assert command.returncode == 1


def test_a_long_step_shows_that_it_is_alive(tmp_path: Path) -> None:
    body = "say.EVERY_S = 0.0; say.progress('half done')"
    with _start(body, tmp_path) as command:
        out, _ = command.communicate()
    assert out == "    … half done\n"
