"""Timing: interleaved, warm, with the spread and the share of one core that was used."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

# Read by libraries when they are first imported: run.py puts them into each case's process.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_MAX_THREADS": "1",
}
WARM_UP = 5
Work = Callable[[], object]


@dataclass(frozen=True)
class Setup:
    """What a case is given.

    Attributes:
        faces: folder with the photos of tools/faces.py.
        weights: home of the model weights.
        scratch: an empty folder on the disk where build/ is.
        rounds: how often each contender runs.
    """

    faces: Path
    weights: Path
    scratch: Path
    rounds: int


@dataclass
class Result:
    """What a case found.

    Attributes:
        keys: headline numbers, one per key of bench.json.
        raw: what they were made of.
    """

    keys: dict[str, float] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)


def interleave(title: str, contenders: Mapping[str, Work], rounds: int) -> dict[str, Any]:
    """Run all contenders in turn, so that whatever slows the machine slows each of them.

    Returns:
        A row per contender: median, quartiles and minimum in ms, the median of the CPU
        time in ms, n, and `cores`, CPU time over wall time: above 1 more than one thread
        was used, well below it the machine was busy with something else.
    """
    for work in contenders.values():
        for _ in range(WARM_UP):
            work()
    wall_ms: dict[str, list[float]] = {name: [] for name in contenders}
    cpu_ms: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds):
        say_progress(title, number, rounds)
        for name, work in contenders.items():
            wall, cpu = time.perf_counter(), time.process_time()
            work()
            cpu_ms[name].append((time.process_time() - cpu) * 1e3)
            wall_ms[name].append((time.perf_counter() - wall) * 1e3)
    say_progress(title, rounds, rounds)
    return {name: _row(wall_ms[name], cpu_ms[name]) for name in contenders}


def _row(wall_ms: list[float], cpu_ms: list[float]) -> dict[str, float]:
    low, middle, high = np.percentile(wall_ms, [25, 50, 75])
    return {
        "median_ms": round(float(middle), 4),
        "p25_ms": round(float(low), 4),
        "p75_ms": round(float(high), 4),
        "min_ms": round(min(wall_ms), 4),
        "cpu_median_ms": round(float(np.median(cpu_ms)), 4),
        "n": len(wall_ms),
        "cores": round(sum(cpu_ms) / sum(wall_ms), 2),
    }


def ratio(rows: Mapping[str, Mapping[str, float]], peer: str, ours: str) -> float:
    """How many times longer the peer takes, by the medians of wall or CPU time.

    The smaller of both: on a busy machine the longer of two works is interrupted more
    often, and wall time alone would flatter us.
    """
    return min(
        round(rows[peer][median] / rows[ours][median], 2)
        for median in ("median_ms", "cpu_median_ms")
    )


def say(text: str, end: str = "\n") -> None:
    """A line for whoever waits."""
    sys.stderr.write(text + end)
    sys.stderr.flush()


def say_progress(title: str, done: int, total: int) -> None:
    """A line that grows in a terminal, a few lines elsewhere."""
    line = f"  {title:42} {done:4}/{total}"
    if sys.stderr.isatty():
        say(line, "\n" if done == total else "\r")
    elif done == total or done % max(1, total // 4) == 0:
        say(line)


def peak_rss_mb() -> float:
    """The most memory this process has held; unlike ru_maxrss not inherited."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    [peak_kb] = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return round(int(peak_kb) / 1024, 1)
