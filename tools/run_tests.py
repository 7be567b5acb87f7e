"""`make test`: every stage, its time, and one closing line with the sum of all.

A stage that is missing, runs nothing or leaves no counts has failed: silence is no success.
"""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tools import command, paths, processes, say
from tools.results import Counts, read
from tools.stages import STAGES, Stage, result


@dataclass(frozen=True)
class Ended:
    """A stage that has run."""

    stage: Stage
    counts: Counts
    good: bool
    seconds: float


def run(stage: Stage) -> Ended:
    """Run one stage with its output on the terminal."""
    say.note(f"▸ {stage.name}: {' '.join(stage.command)}")
    started_s = time.monotonic()
    file = Path(result(stage.name))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    child = processes.popen(
        stage.command,
        cwd=paths.CLONE,
        env=command.environment(),
        stdin=subprocess.DEVNULL,
    )
    try:
        code = child.wait()
    except BaseException:
        command.end(child, patience_s=60)
        raise
    processes.forget(child)
    counts = read(file) or Counts()
    good = code == 0 and counts.passed > 0 and counts.failed == 0
    if not good and not counts.failed:
        # Failed by its exit code or its silence; the sum at the end has to show it.
        counts += Counts(failed=1)
    return Ended(stage, counts, good, time.monotonic() - started_s)


def main() -> int:
    chosen = sys.argv[1:]
    unknown = set(chosen) - {stage.name for stage in STAGES}
    if unknown:
        names = ", ".join(stage.name for stage in STAGES)
        raise say.Problem(f"There is no stage {', '.join(unknown)}: choose from {names}.")
    ended = [run(stage) for stage in STAGES if not chosen or stage.name in chosen]
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
