"""A benchmark with a make target of its own: writes build/bench-<name>.json and its table."""

from __future__ import annotations

import argparse
import json

from tests.bench import cases, report_year
from tests.bench.measure import say
from tests.bench.run import CACHE, ROOT, measure

DOCUMENTS = {"cockpit": report_year.write}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=cases.LONG)
    given = parser.parse_args()
    given.faces, given.weights, given.rounds = CACHE / "faces", CACHE / "weights", 1
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    bench = measure((given.name,), given, build)
    (build / f"bench-{given.name}.json").write_text(json.dumps(bench, indent=2) + "\n")
    for key in bench["keys"]:
        say(f"{key:42} {bench[key]:>8g}")
    DOCUMENTS[given.name](bench, ROOT / "docs")


if __name__ == "__main__":
    main()
