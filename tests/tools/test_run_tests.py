"""A stage that fails, runs nothing or says nothing fails the whole."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from tools import paths, results, run_tests, say
from tools.results import Counts
from tools.stages import STAGES, Stage

JUNIT = '<testsuites><testsuite tests="{}" failures="{}" errors="{}" skipped="{}"/></testsuites>'


@pytest.fixture(autouse=True)
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(paths, "BUILD", tmp_path)
    return tmp_path


def _stage(junit: str, code: int = 0, name: str = "it") -> Stage:
    write = f"mkdir -p {paths.BUILD}/results; echo '{junit}' > {paths.BUILD}/results/{name}.xml"
    return Stage(name, ("sh", "-c", f"{write if junit else 'true'}; exit {code}"))


@pytest.mark.parametrize(
    ("stage", "good", "counts"),
    [
        ((JUNIT.format(5, 0, 0, 1), 0), True, Counts(4, 0, 1)),
        ((JUNIT.format(5, 1, 1, 1), 1), False, Counts(2, 2, 1)),
        ((JUNIT.format(5, 1, 0, 0), 0), False, Counts(4, 1)),
        ((JUNIT.format(0, 0, 0, 0), 5), False, Counts(0, 1)),
        ((JUNIT.format(0, 0, 0, 0), 0), False, Counts(0, 1)),
        ((JUNIT.format(3, 0, 0, 3), 0), False, Counts(0, 1, 3)),
        ((JUNIT.format(5, 0, 0, 0), 2), False, Counts(5, 1)),
        (("", 0), False, Counts(0, 1)),
        (("<cut short", 0), False, Counts(0, 1)),
    ],
    ids=[
        "passed",
        "failed",
        "failed without an exit code",
        "empty",
        "empty without an exit code",
        "all skipped",
        "crashed after its tests",
        "silent",
        "cut short",
    ],
)
def test_how_a_stage_counts(stage: tuple[str, int], good: bool, counts: Counts) -> None:
    [ended] = run_tests.run([_stage(*stage)], 1)
    assert (ended.good, ended.counts) == (good, counts)


def test_counts_of_an_earlier_run_do_not_count(build: Path) -> None:
    results.write(build / "results" / "it.xml", {"old": ""})
    [ended] = run_tests.run([_stage("")], 1)
    assert not ended.good


def _named(name: str, script: str) -> Stage:
    write = f"echo '{JUNIT.format(1, 0, 0, 0)}' > {paths.BUILD}/results/{name}.xml"
    return Stage(name, ("sh", "-c", f"{script}; {write}"))


def test_two_stages_run_side_by_side_and_a_third_waits(
    build: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # each of the first two ends only when it has seen the other
    meet = "touch {0}/{1}; until test -e {0}/{2}; do sleep 0.02; done; test ! -e {0}/c"
    stages = [
        _named("a", f"{meet.format(build, 'a', 'b')} && sleep 0.2 && echo from a"),
        _named("b", f"{meet.format(build, 'b', 'a')} && sleep 0.2 && echo from b"),
        _named("c", f"touch {build}/c"),
    ]
    ended = run_tests.run(stages, 2)
    assert [(each.stage.name, each.good) for each in ended] == [
        (name, True) for name in ("a", "b", "c")
    ]
    lines = capsys.readouterr().out.splitlines()
    assert "         a │ from a" in lines
    assert "         b │ from b" in lines


def test_an_interrupt_ends_what_is_running(build: Path) -> None:
    def interrupt() -> None:
        while not (build / "started").exists():
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    told = f"trap 'touch {build}/told; exit 1' INT; touch {build}/started; sleep 60 & wait"
    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        run_tests.run([_named("it", told)], 1)
    assert (build / "told").exists()


def test_the_sum_is_the_closing_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stages = (_stage(JUNIT.format(5, 0, 0, 1)), _stage(JUNIT.format(2, 1, 0, 0), 1, "two"))
    monkeypatch.setattr(run_tests, "STAGES", stages)
    monkeypatch.setattr("sys.argv", ["run_tests"])
    assert run_tests.main() == 1
    assert capsys.readouterr().out.splitlines()[-1] == "5 passed, 1 failed, 1 skipped"


def test_an_unknown_stage_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["run_tests", "bridgee"])
    with pytest.raises(say.Problem, match="no stage bridgee: choose from check, e2e"):
        run_tests.main()


def test_every_folder_of_tests_belongs_to_a_stage() -> None:
    words = {word for stage in STAGES for word in stage.command}
    folders = {f"tests/{each.parent.name}" for each in paths.CLONE.glob("tests/*/test_*.py")}
    assert folders <= words
    assert {"check", "addon"} <= {stage.name for stage in STAGES}


def test_results_are_read_as_they_were_written(build: Path) -> None:
    results.write(build / "r.xml", {"good": "", "bad": "exit code 1"})
    assert results.read(build / "r.xml") == Counts(1, 1)
