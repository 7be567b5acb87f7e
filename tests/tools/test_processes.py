"""No server outlives the command that started it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools import command, paths, processes

SLEEP = ["sleep", "60"]


def _gone(pid: int, within_s: float = 5.0) -> bool:
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        if processes._start_ticks(pid) is None:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.usefixtures("cache")
def test_a_server_is_recorded_while_it_runs(tmp_path: Path) -> None:
    server = processes.spawn(SLEEP, name="sleeper", log=tmp_path / "log", address="here")
    assert [(each.name, each.address) for each in processes.records()] == [("sleeper", "here")]
    server.stop()
    assert processes.records() == []


@pytest.mark.usefixtures("cache")
def test_stopping_takes_the_children_along(tmp_path: Path) -> None:
    server = processes.spawn(
        ["sh", "-c", "sleep 60 & echo $!; wait"], name="parent", log=tmp_path / "log"
    )
    while not (text := (tmp_path / "log").read_text()):
        time.sleep(0.02)
    server.stop()
    assert _gone(int(text))


@pytest.mark.usefixtures("cache")
def test_a_server_that_ignores_its_signal_is_killed(tmp_path: Path) -> None:
    server = processes.spawn(
        ["sh", "-c", "trap '' TERM; echo; while :; do sleep 1; done"],
        name="stubborn",
        log=tmp_path / "log",
    )
    while not (tmp_path / "log").read_text():
        time.sleep(0.02)
    assert server.stop(timeout_s=0.2) == -signal.SIGKILL


@pytest.mark.usefixtures("cache")
def test_a_server_started_by_a_thread_outlives_the_thread(tmp_path: Path) -> None:
    from threading import Thread

    started: list[processes.Process] = []
    thread = Thread(
        target=lambda: started.append(processes.spawn(SLEEP, name="s", log=tmp_path / "log"))
    )
    thread.start()
    thread.join()
    time.sleep(0.2)
    assert started[0].running
    started[0].stop()


PARENT = """
import sys, time
from pathlib import Path
from tools import command, paths, processes
paths.PROCESSES = Path(sys.argv[1])
log = Path(sys.argv[1]) / "log"
server = processes.spawn(["sh", "-c", "sleep 60 & echo $!; wait"], name="s", log=log)
while not log.read_text():
    time.sleep(0.02)
print(server.pid, log.read_text(), flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_server_and_its_children_end_with_their_starter(
    number: signal.Signals, tmp_path: Path
) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", PARENT, tmp_path],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=paths.CLONE,
    )
    with starter:
        assert starter.stdout is not None
        server, grandchild = map(int, starter.stdout.readline().split())
        starter.send_signal(number)
        starter.wait()
    assert _gone(server)
    assert _gone(grandchild)


@pytest.mark.parametrize(
    "change",
    [{"start_ticks": 1}, {"boot_id": "another"}],
    ids=["number reused", "machine restarted"],
)
def test_a_process_that_only_has_the_number_is_left_alone(
    change: dict[str, object], cache: Path
) -> None:
    bystander = processes.popen(SLEEP)
    known = {
        "pid": bystander.pid,
        "name": "not ours",
        "clone": str(cache),
        "boot_id": processes._boot_id(),
        "start_ticks": processes._start_ticks(bystander.pid),
        "stop_signal": int(signal.SIGKILL),
    }
    record = processes.Record(**{**known, **change})  # type: ignore[arg-type]
    record.write()
    assert not record.alive
    record.stop()
    assert processes.records() == []
    assert bystander.poll() is None
    command.end(bystander, patience_s=1)


def test_a_record_cut_short_is_thrown_away(cache: Path) -> None:
    (cache / "processes").mkdir()
    (cache / "processes" / "1.json").write_text('{"pid": 1, "na')
    assert processes.records() == []
    assert list((cache / "processes").iterdir()) == []
