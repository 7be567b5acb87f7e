"""A failed command ends in one sentence that says what to do."""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tools import command, paths, processes, say


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("E: You don't have enough free space in /var/cache/apt/archives/.", "disk is full"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("npm error code ENOSPC", "disk is full"),
        ("W: Failed to fetch x  Temporary failure resolving 'x'", "connect this machine"),
        ("NewConnectionError('...: Failed to establish a new connection')", "connect this machine"),
        ("npm error code EAI_AGAIN", "connect this machine"),
        ("E: Could not get lock /var/lib/dpkg/lock-frontend", "let it finish"),
        ("noise\nE: Unable to locate package x\nnoise", "E: Unable to locate package x"),
        ("Traceback\n  File x\nImportError: no module\nshut down", "ImportError: no module"),
        ("", "no output"),
    ],
)
def test_the_output_of_a_client_becomes_a_sentence(output: str, sentence: str) -> None:
    assert sentence in command.explain("Fetching x", output, Path("x.log"))


@pytest.mark.usefixtures("cache")
def test_a_failure_names_the_log_that_holds_the_whole_output() -> None:
    with pytest.raises(say.Problem, match=r"Trying failed \(two\): see .*/try.log"):
        command.run(["sh", "-c", "echo one; echo two; exit 3"], what="Trying", log="try")
    assert (paths.LOGS / "try.log").read_text() == "one\ntwo\n"


@pytest.mark.usefixtures("cache")
def test_a_command_that_succeeds_returns_its_output() -> None:
    assert command.run(["sh", "-c", "echo one; echo two >&2"], what="x", log="x") == "one\ntwo"


def _members(group: int) -> list[str]:
    """States of the processes in a group, without those that only wait to be reaped."""
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _parent, in_group = file.read_text().rpartition(")")[2].split()[:3]
            if int(in_group) == group and state not in "ZX":
                found.append(state)
    return found


@pytest.mark.usefixtures("cache")
def test_an_interrupted_command_leaves_nothing_of_its_group() -> None:
    child = processes.popen(["sh", "-c", "sleep 60 & sleep 60; true"], stdout=subprocess.DEVNULL)
    command.end(child, patience_s=5)
    # The kernel ends in its own time what was killed: it may be seen running a moment longer.
    deadline_s = time.monotonic() + 10
    while _members(child.pid) and time.monotonic() < deadline_s:
        time.sleep(0.02)
    assert _members(child.pid) == []


@pytest.mark.usefixtures("cache")
def test_what_a_package_manager_started_may_finish(tmp_path: Path) -> None:
    work = f"(trap '' INT TERM; echo; sleep 1; touch {tmp_path}/finished) & wait"
    child = processes.popen(["sh", "-c", work], stdout=subprocess.PIPE)
    assert child.stdout is not None
    with child.stdout:
        child.stdout.readline()
        command.end(child, patience_s=0.2, linger_s=10)
    assert (tmp_path / "finished").exists()


@pytest.mark.usefixtures("cache")
def test_a_command_that_ignores_the_interrupt_is_made_to_end() -> None:
    stubborn = ["sh", "-c", "trap '' INT; echo; exec sleep 60"]
    child = processes.popen(stubborn, stdout=subprocess.PIPE)
    assert child.stdout is not None
    with child.stdout:
        child.stdout.readline()
        started_s = time.monotonic()
        command.end(child, patience_s=0.2)
    assert time.monotonic() - started_s < 6


def test_python_of_another_environment_is_not_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    env = command.environment()
    assert "PYTHONPATH" not in env
    assert "PYTHONDONTWRITEBYTECODE" not in env
    assert env["LC_ALL"] == "C.UTF-8"
