"""One case in this process: `python -m tests.bench.case NAME …`. Started by run.py."""

from __future__ import annotations

import argparse
import importlib
import json
import tempfile
from dataclasses import asdict
from pathlib import Path

from device_bridge.adapters import memory
from tests.bench import cases
from tests.bench.measure import Setup


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=cases.NAMES + cases.LONG)
    parser.add_argument("--faces", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--result", type=Path, required=True)
    # As `device-bridge run` and `serve` do first of all; both sides of a comparison have it.
    memory.return_early()
    given = parser.parse_args()
    # Beside the result, so that the disk measured is the project's and not a RAM disk.
    with tempfile.TemporaryDirectory(dir=given.result.parent) as scratch:
        setup = Setup(given.faces, given.weights, Path(scratch), given.rounds)
        result = importlib.import_module(f"tests.bench.cases.{given.name}").measure(setup)
    given.result.write_text(json.dumps(asdict(result)), encoding="utf-8")


if __name__ == "__main__":
    main()
