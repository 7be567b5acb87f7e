"""Servers that we start: each in its own process group, none of them outliving us.

Three nets, because each has a hole. Context managers and `atexit` stop servers at every normal
end; a guardian process stops them when we are killed; a small file per server lets `make clean`
stop what is left after that.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tools import paths

_GUARDIAN = Path(__file__).with_name("guardian.py")


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _start_ticks(pid: int) -> int | None:
    """When the process started, which tells it from a later one with the same number."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


@dataclass(frozen=True)
class Record:
    """What the cache remembers of a server."""

    pid: int
    name: str
    clone: str
    boot_id: str
    start_ticks: int
    stop_signal: int
    address: str = ""
    server: bool = True  # else a command of ours, which stops its own servers

    @property
    def file(self) -> Path:
        return paths.PROCESSES / f"{self.pid}.json"

    @property
    def alive(self) -> bool:
        return self.boot_id == _boot_id() and _start_ticks(self.pid) == self.start_ticks

    def write(self) -> None:
        paths.PROCESSES.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps(asdict(self)))

    def stop(self, timeout_s: float = 20.0) -> None:
        """Ask it to stop, insist after `timeout_s`; clear a server's whole group."""
        if self.alive:
            _signal(self.pid, self.stop_signal)
            deadline_s = time.monotonic() + timeout_s
            while self.alive and time.monotonic() < deadline_s:
                time.sleep(0.05)
            insist = _signal_group if self.server else _signal
            insist(self.pid, signal.SIGKILL)
        self.file.unlink(missing_ok=True)


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _signal_group(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


def records() -> list[Record]:
    """Servers that are running now; files of servers that are gone are removed."""
    found = []
    for file in sorted(paths.PROCESSES.glob("*.json")):
        try:
            record = Record(**json.loads(file.read_text()))
        except (ValueError, TypeError):  # cut short when its writer was killed
            file.unlink(missing_ok=True)
            continue
        if record.alive:
            found.append(record)
        else:
            file.unlink(missing_ok=True)
    return found


class Process:
    """A running server."""

    def __init__(self, popen: subprocess.Popen[bytes], record: Record) -> None:
        self._popen = popen
        self.record = record

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def running(self) -> bool:
        return self._popen.poll() is None

    def stop(self, number: int | None = None, timeout_s: float = 20.0) -> int:
        """Stop gently, then by force; return the exit code. Stopping twice does no harm."""
        if self.running:
            _signal(self.pid, number or self.record.stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(timeout_s)
        return self.kill()

    def kill(self) -> int:
        """SIGKILL the server and everything in its group."""
        _signal_group(self.pid, signal.SIGKILL)
        code = self._popen.wait()
        forget(self._popen)
        self.record.file.unlink(missing_ok=True)
        _running.discard(self)
        return code


_running: set[Process] = set()


@contextlib.contextmanager
def registered(name: str) -> Iterator[None]:
    """Let `make clean` find the command that this process is."""
    record = _record(os.getpid(), name, signal.SIGTERM, server=False)
    with contextlib.suppress(OSError):  # no reason to stop; the command itself will say it better
        record.write()
    try:
        yield
    finally:
        record.file.unlink(missing_ok=True)


def _record(
    pid: int, name: str, stop_signal: signal.Signals, address: str = "", *, server: bool = True
) -> Record:
    ticks = _start_ticks(pid) or 0
    return Record(pid, name, str(paths.CLONE), _boot_id(), ticks, int(stop_signal), address, server)


def _stop_all() -> None:
    # Newest first: Odoo goes before the PostgreSQL that it talks to.
    for process in sorted(_running, key=lambda each: each.record.start_ticks, reverse=True):
        process.stop()


_guardian: subprocess.Popen[bytes] | None = None


def _tell_guardian(line: str) -> None:
    global _guardian  # noqa: PLW0603 - one per process, started by the first that needs it
    if _guardian is None:
        _guardian = subprocess.Popen(
            [sys.executable, "-I", _GUARDIAN],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )
        atexit.register(_dismiss_guardian)
        atexit.register(_stop_all)  # runs before the line above
    assert _guardian.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        os.write(_guardian.stdin.fileno(), f"{line}\n".encode())


def _dismiss_guardian() -> None:
    assert _guardian is not None
    assert _guardian.stdin is not None
    _guardian.stdin.close()
    _guardian.wait()


def popen(
    argv: Sequence[str | Path],
    *,
    user: str | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
    linger_s: float = 0.0,
    **options: Any,
) -> subprocess.Popen[bytes]:
    """`subprocess.Popen` in a process group of its own that ends at the latest when we do.

    Call `forget` when it has been waited for. `user` needs us to be root. `linger_s` is how long
    what it started may go on after it, before that is killed.
    """
    identity: dict[str, Any] = {}
    if user:
        identity = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
    child = subprocess.Popen(argv, start_new_session=True, **identity, **options)
    _tell_guardian(f"start {child.pid} {int(stop_signal)} {int(linger_s)}")
    return child


def forget(child: subprocess.Popen[bytes]) -> None:
    """The child has ended and its group is empty."""
    _tell_guardian(f"end {child.pid}")


def spawn(
    argv: Sequence[str | Path],
    *,
    name: str,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: str | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
    address: str = "",
) -> Process:
    """Start a server whose output is added to `log`; it ends at the latest when we do."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = popen(
            argv,
            user=user,
            stop_signal=stop_signal,
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    record = _record(child.pid, name, stop_signal, address)
    process = Process(child, record)
    _running.add(process)
    record.write()
    return process
