"""Commands that run to their end: condensed progress, full log, failures in one sentence."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tools import paths, processes, say

# What the clients print when the network is the reason; checked in this order.
_FULL = re.compile(r"No space left on device|Disk quota exceeded|ENOSPC|You don't have enough free")
_OFFLINE = re.compile(
    r"Temporary failure (in name resolution|resolving)|Name or service not known|Could not resolve"
    r"|Network is unreachable|Could not connect|Connection (refused|timed out|failed)"
    r"|NewConnectionError|Max retries exceeded|ProxyError|SSLError|Failed to fetch"
    r"|E(NOTFOUND|AI_AGAIN|CONNREFUSED|NETUNREACH|TIMEDOUT|CONNRESET)\b"
)
_ERROR = re.compile(r"E: |(?i:error)\b|npm error|npm ERR!|[\w.]*(Error|Exception): ")
_LOCKED = re.compile(r"Could not get lock|Unable to lock|dpkg frontend lock")


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Our environment for commands: no questions, plain English output, bytecode kept."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"):
        env.pop(name, None)
    return {**env, **(extra or {})}


def explain(what: str, output: str, log: Path) -> str:
    """Turn the output of a failed command into a sentence that says what to do."""
    if _FULL.search(output):
        return say.disk_full()
    if _LOCKED.search(output):
        return f"{what} found another package manager at work: let it finish and try again."
    if _OFFLINE.search(output):
        return (
            f"{what} needs the network and got no answer: connect this machine (or set its proxy) "
            f"and run the same command again; the details are in {log}."
        )
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if _ERROR.match(line)]
    last = (errors or lines or ["no output"])[-1]
    return f"{what} failed ({last[:200]}): see {log} for the whole output."


def run(
    argv: Sequence[str | Path],
    *,
    what: str,
    log: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: str | None = None,
    progress: Callable[[str], str | None] = lambda line: line,
    patience_s: float = 10.0,
    linger_s: float = 0.0,
    stdin: Path = Path(os.devnull),
) -> str:
    """Run `argv`, show its progress, return its output; raise `Problem` if it fails.

    `what` names the step for the person; `progress` picks or shortens the lines worth showing;
    `patience_s` is how long an interrupted command may take to end by itself. With `linger_s` only
    the command is interrupted, and what it started has that long to finish.
    """
    paths.LOGS.mkdir(parents=True, exist_ok=True)
    log_file = paths.LOGS / f"{log}.log"
    with stdin.open("rb") as given:
        child = processes.popen(
            argv,
            user=user,
            linger_s=linger_s,
            env=dict(env) if env is not None else environment(),
            cwd=cwd,
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    try:
        output = _follow(child, log_file, progress)
        code = child.wait()
    except BaseException:
        end(child, patience_s, linger_s)
        raise
    processes.forget(child)
    if code:
        raise say.Problem(explain(what, output, log_file))
    return output


def _follow(
    child: subprocess.Popen[bytes], log_file: Path, progress: Callable[[str], str | None]
) -> str:
    kept: deque[str] = deque(maxlen=20_000)
    assert child.stdout is not None
    with log_file.open("a") as log, child.stdout:
        for raw in child.stdout:
            line = raw.decode(errors="replace").rstrip("\n")
            kept.append(line)
            # A log that cannot be written must not hide why the command fails.
            with contextlib.suppress(OSError):
                log.write(line + "\n")
                log.flush()
            shown = progress(line.rpartition("\r")[2])
            if shown:
                say.progress(shown)
    return "\n".join(kept)


def end(child: subprocess.Popen[bytes], patience_s: float, linger_s: float = 0.0) -> None:
    """Interrupt a command as Ctrl-C would, then insist, then clear its whole group."""
    for number, wait_s in ((signal.SIGINT, patience_s), (signal.SIGTERM, 5.0)):
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            if linger_s:
                child.send_signal(number)
            else:
                os.killpg(child.pid, number)
            child.wait(wait_s)
            break
    with contextlib.suppress(ProcessLookupError):
        deadline_s = time.monotonic() + linger_s
        while time.monotonic() < deadline_s:
            os.killpg(child.pid, 0)  # raises when the group is empty
            time.sleep(0.1)
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    processes.forget(child)
