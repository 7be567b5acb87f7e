"""Set-up does what is missing, in order, and can be taken up again anywhere."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import paths, preflight, say, setup
from tools.steps import STEPS, Step


@pytest.fixture(autouse=True)
def good_machine(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del cache
    monkeypatch.setattr(preflight, "run", lambda _todo: None)


class Machine:
    """Steps that remember what was done."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def step(self, name: str, do: Callable[[], object] = lambda: None) -> Step:
        def run() -> None:
            do()
            self.done.append(name)

        return Step(name, lambda: name in self.done, run)


def test_steps_run_in_order_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine()
    monkeypatch.setattr(setup, "STEPS", tuple(map(machine.step, "abc")))
    setup.run()
    setup.run()
    assert machine.done == ["a", "b", "c"]


def test_after_a_failure_it_goes_on_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine()
    faults = [say.Problem("Plug it in.")]

    def fail_once() -> None:
        if faults:
            raise faults.pop()

    steps = (machine.step("a"), machine.step("b", fail_once), machine.step("c"))
    monkeypatch.setattr(setup, "STEPS", steps)
    with pytest.raises(say.Problem, match="Plug it in"):
        setup.run()
    assert machine.done == ["a"]
    setup.run()
    assert machine.done == ["a", "b", "c"]


def test_the_look_before_comes_before_the_first_step(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine()
    monkeypatch.setattr(setup, "STEPS", (machine.step("a"),))

    def refuse(_todo: object) -> None:
        raise say.Problem("No.")

    monkeypatch.setattr(preflight, "run", refuse)
    with pytest.raises(say.Problem, match="No"):
        setup.run()
    assert machine.done == []


def test_a_second_set_up_waits_for_the_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(setup, "STEPS", ())
    with paths.LOCK.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        holder = subprocess.Popen(["sleep", "0.5"], pass_fds=[lock.fileno()])
    started_s = time.monotonic()
    setup.run()
    holder.wait()
    assert time.monotonic() - started_s > 0.3
    assert "waiting for it to end" in capsys.readouterr().out


def test_the_second_run_of_the_real_thing_is_quick() -> None:
    started_s = time.monotonic()
    out = subprocess.run(
        [sys.executable, "-m", "tools.setup"],
        cwd=paths.CLONE,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert f"{len(STEPS)} of {len(STEPS)} steps are done already" in out
    assert time.monotonic() - started_s < 2
