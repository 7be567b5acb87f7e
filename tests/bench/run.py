"""`make bench`: measure everything, write build/bench.json and docs/benchmarks.md."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from tests.bench import cases, report
from tests.bench.measure import ONE_THREAD, say

ROOT = Path(__file__).parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "hr-face-attendance"
PACKAGES = (
    "deepface",
    "dlib-bin",
    "numpy",
    "onnxruntime",
    "opencv-contrib-python-headless",
)
LEAST_ROUNDS = 50
IDLE_CORES = 0.9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=Path, default=CACHE / "faces", help="folder of photos")
    parser.add_argument("--weights", type=Path, default=CACHE / "weights", help="model weights")
    parser.add_argument("--rounds", type=int, default=60, help="runs of each contender")
    parser.add_argument("--only", nargs="+", choices=cases.NAMES, help="leaves the documents alone")
    given = parser.parse_args()
    for folder in (given.faces, given.weights):
        if not folder.is_dir():
            raise SystemExit(f"{folder} is missing: run `make setup` first.")
    if given.rounds < LEAST_ROUNDS:
        say(f"Fewer than {LEAST_ROUNDS} rounds: for trying out, not for quoting.")
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    bench = measure(given.only or cases.NAMES, given, build)
    # Written aside and renamed: another program may be reading the last one.
    unfinished = build / "bench.json.new"
    unfinished.write_text(json.dumps(bench, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(build / "bench.json")
    for key in bench["keys"]:
        say(f"{key:42} {bench[key]:>8g}")
    if busy := busy_rows(bench["raw"]):
        say(f"The machine was busy ({', '.join(busy)}): repeat before you quote this.")
    if not given.only:
        report.write(bench, ROOT / "docs")
    if bench["failed"]:
        raise SystemExit(f"Without a figure, because they failed: {', '.join(bench['failed'])}.")


def measure(names: tuple[str, ...], given: argparse.Namespace, build: Path) -> dict[str, Any]:
    """The contents of bench.json."""
    keys: dict[str, float] = {}
    raw: dict[str, Any] = {}
    failed: list[str] = []
    load_before = os.getloadavg()
    for number, name in enumerate(names, 1):
        say(f"[{number}/{len(names)}] {name}")
        result = run_case(name, given, build)
        if result is None:
            say(f"  {name} failed")
            failed.append(name)
            continue
        keys |= result["keys"]
        raw |= result["raw"]
    return {
        **keys,
        "keys": list(keys),
        "failed": failed,
        "raw": raw,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "machine": machine()
        | {"load_before": [round(load, 2) for load in load_before]}
        | {"load_after": [round(load, 2) for load in os.getloadavg()]},
        "versions": {name: metadata.version(name) for name in PACKAGES}
        | {"python": platform.python_version()},
    }


def busy_rows(raw: dict[str, Any]) -> list[str]:
    """What was timed while something else took the processor."""
    return [
        group
        for group, rows in raw.items()
        if any(row.get("cores", 1) < IDLE_CORES for row in rows.values() if isinstance(row, dict))
    ]


def run_case(name: str, given: argparse.Namespace, build: Path) -> dict[str, Any] | None:
    """Run a case in a fresh process that is held to one thread. None: it failed."""
    with tempfile.TemporaryDirectory(dir=build) as folder:
        result = Path(folder) / "result.json"
        command = [sys.executable, "-m", "tests.bench.case", name, "--result", str(result)]
        command += ["--faces", str(given.faces), "--weights", str(given.weights)]
        command += ["--rounds", str(given.rounds)]
        # DeepFace prints what it does; only our progress, on the error stream, is shown.
        done = subprocess.run(
            command, cwd=ROOT, env=os.environ | ONE_THREAD, stdout=subprocess.DEVNULL, check=False
        )
        if done.returncode:
            return None
        loaded: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
        return loaded


def commit() -> str:
    """The commit that was measured, with a plus for uncommitted changes."""
    git = ["git", "--no-optional-locks", "-C", str(ROOT)]
    head = subprocess.run(
        [*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    changed = subprocess.run(
        [*git, "status", "--porcelain", "--", "device_bridge", "tests/bench"],
        capture_output=True,
        text=True,
        check=False,
    )
    return (head.stdout.strip() or "none") + ("+" if changed.stdout.strip() else "")


def machine() -> dict[str, Any]:
    """What was measured on."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.split(":", 1)[1].strip() for line in info if line.startswith("model name")]
    return {
        "processor": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "system": platform.platform(terse=True),
        "memory_mb": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20,
    }


if __name__ == "__main__":
    main()
