"""`make fuzz`: every target for some minutes, each in a process with bounded memory."""

from __future__ import annotations

import argparse
import faulthandler
import resource
import subprocess
import sys
import time
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis.database import DirectoryBasedExampleDatabase

from tests.fuzz.targets import all_targets

ROOT = Path(__file__).parents[2]
MEMORY_BYTES = 4 * 2**30
# Nothing that one example asks for takes a second; this long is a hang.
HANG_S = 60
BATCH = 1000


def main() -> int:
    known = all_targets()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", help=f"of {', '.join(known)}; all by default")
    parser.add_argument("--minutes", type=float, default=10, help="for each target")
    parser.add_argument("--here", action="store_true", help="one target in this process")
    given_args = parser.parse_args()
    names = given_args.targets or list(known)
    if unknown := set(names) - set(known):
        parser.error(f"there is no target {', '.join(sorted(unknown))}")
    if given_args.here:
        return fuzz(names[0], given_args.minutes * 60)
    failed = [name for name in names if _apart(name, given_args.minutes)]
    _say(f"failed: {', '.join(failed)}" if failed else "Nothing was found.")
    return 1 if failed else 0


def _apart(name: str, minutes: float) -> int:
    command = [sys.executable, "-m", "tests.fuzz.run", "--here", "--minutes", str(minutes), name]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def fuzz(name: str, seconds: float) -> int:
    """Try examples for so long; an uncaught exception ends the process and is shown."""
    target = all_targets()[name]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    ends_s = time.monotonic() + seconds
    tried = 0

    # What it finds is kept, and tried first the next time, by `make test` as well.
    @settings(
        max_examples=BATCH,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=DirectoryBasedExampleDatabase(ROOT / ".hypothesis" / "examples"),
    )
    @given(target.examples())
    def batch(example: object) -> None:
        nonlocal tried
        faulthandler.dump_traceback_later(HANG_S, exit=True)
        target.run(example)
        tried += 1

    while time.monotonic() < ends_s:
        batch()
        _say(f"{name}: {tried:,} examples, {max(0, ends_s - time.monotonic()):.0f} s to go")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
