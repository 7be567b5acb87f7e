"""`make chaos`: the long form; the report is build/chaos.json."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.chaos import stage
from tools import paths


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=20_261_122)
    parser.add_argument("--events", type=int, default=20_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=paths.BUILD) as folder:
        report = stage.run(given.seed, given.events, Path(folder))
    return tell(report)


def tell(report: stage.Report) -> int:
    """Write the report; 1 if a promise was broken."""
    paths.BUILD.mkdir(parents=True, exist_ok=True)
    (paths.BUILD / "chaos.json").write_text(json.dumps(asdict(report), indent=1) + "\n")
    keys = ("seed", "events", "kills", "lost", "doubled", "wrong", "seconds", "plan", "met")
    sys.stdout.write("".join(f"{key}: {getattr(report, key)}\n" for key in keys))
    for fault in report.faults:
        sys.stdout.write(f"  {fault}\n")
    return 1 if report.lost or report.doubled or report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
