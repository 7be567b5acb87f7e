"""Set-up: look first, then do what is missing, one step after the other.

Every step can be interrupted and is taken up again by the next run; when nothing is missing the
whole takes about a second.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tools import paths, preflight, processes, say
from tools.steps import STEPS, Step


def run(extra: Sequence[Step] = ()) -> None:
    """Bring everything here that demo and tests need, and what `extra` brings."""
    started_s = time.monotonic()
    with _alone():
        processes.records()  # forgets those of runs that were killed
        steps = [*STEPS, *extra]
        todo = [step for step in steps if not step.is_done()]
        say.note(f"Set-up: {len(steps) - len(todo)} of {len(steps)} steps are done already")
        preflight.run(todo)
        for step in todo:
            if not step.is_done():  # a step before may have done it
                with say.step(step.title):
                    step.do()
    say.note(f"Set-up is complete after {time.monotonic() - started_s:.1f} s.")


@contextmanager
def _alone() -> Iterator[None]:
    """Two set-ups share the cache; the second waits for the first."""
    paths.CACHE.mkdir(parents=True, exist_ok=True)
    with paths.LOCK.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say.note("Another set-up is at work; waiting for it to end …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> int:
    run()
    return 0


if __name__ == "__main__":
    say.run_main(main, "setup")
