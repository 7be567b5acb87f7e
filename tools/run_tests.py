"""`make test`: every stage, its time, and one closing line with the sum of all.

A stage that is missing, runs nothing or leaves no counts has failed: silence is no success.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import command, paths, processes, say
from tools.results import Counts, read
from tools.stages import STAGES, Stage, result

_QUIET_S = 20.0  # then a line says what is still at work


@dataclass(frozen=True)
class Ended:
    """A stage that has run."""

    stage: Stage
    counts: Counts
    good: bool
    seconds: float


class Running:
    """A stage at work; its output comes on the terminal line by line, after its name."""

    def __init__(self, stage: Stage) -> None:
        say.note(f"▸ {stage.name}: {' '.join(stage.command)}")
        self.stage, self.started_s = stage, time.monotonic()
        self.heard_s = self.started_s
        self._file = Path(result(stage.name))
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.unlink(missing_ok=True)
        self._child = processes.popen(
            stage.command,
            cwd=paths.CLONE,
            env=command.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started_s

    @property
    def at_work(self) -> bool:
        return self._child.poll() is None

    def end(self) -> None:
        """Interrupt it, as Ctrl-C would."""
        command.end(self._child, patience_s=60)

    def ended(self) -> Ended:
        """What came out; call it once it is no longer at work."""
        code = self._child.wait()
        # what it left running may hold the pipe open: its own output is here already
        self._reader.join(5)
        processes.forget(self._child)
        counts = read(self._file) or Counts()
        good = code == 0 and counts.passed > 0 and counts.failed == 0
        if not good and not counts.failed:
            # Failed by its exit code or its silence; the sum at the end has to show it.
            counts += Counts(failed=1)
        return Ended(self.stage, counts, good, self.seconds)

    def _read(self) -> None:
        assert self._child.stdout is not None
        with self._child.stdout as output:
            for raw in output:
                line = raw.decode(errors="replace").rstrip("\n").rpartition("\r")[2]
                self.heard_s = time.monotonic()
                say.note(f"{self.stage.name:>10} │ {line}")


def run(stages: Sequence[Stage], lanes: int) -> list[Ended]:
    """Run the stages, up to `lanes` at a time; each has its own database cluster and ports."""
    waiting, running, ended = deque(stages), list[Running](), list[Ended]()
    said_s = time.monotonic()
    try:
        while waiting or running:
            while waiting and len(running) < lanes:
                running.append(Running(waiting.popleft()))
            ended += [each.ended() for each in running if not each.at_work]
            running = [each for each in running if each.at_work]
            now_s = time.monotonic()
            if running and now_s - max([said_s, *(each.heard_s for each in running)]) > _QUIET_S:
                at_work = ", ".join(f"{each.stage.name} {each.seconds:.0f} s" for each in running)
                say.note(f"           … at work: {at_work}")
                said_s = now_s
            time.sleep(0.05)
    except BaseException:
        for each in running:
            each.end()
        raise
    return sorted(ended, key=lambda each: stages.index(each.stage))


def main() -> int:
    chosen = sys.argv[1:]
    unknown = set(chosen) - {stage.name for stage in STAGES}
    if unknown:
        names = ", ".join(stage.name for stage in STAGES)
        raise say.Problem(f"There is no stage {', '.join(unknown)}: choose from {names}.")
    lanes = int(os.environ.get("LANES") or min(2, os.cpu_count() or 1))
    ended = run([stage for stage in STAGES if not chosen or stage.name in chosen], max(1, lanes))
    say.note("")
    for each in ended:
        mark = "✓" if each.good else "✗"
        say.note(f"{mark} {each.stage.name:10} {each.seconds:7.1f} s  {each.counts}")
    total = sum((each.counts for each in ended), Counts())
    say.note("")
    say.note(str(total))
    return 0 if all(each.good for each in ended) else 1


if __name__ == "__main__":
    say.run_main(main, "test")
