"""`make mutate`: how much of the attendance rules the tests of tests/rules hold in place.

mutmut changes one thing at a time in every function of the derivation and runs the tests;
a mutant that no test notices survives. It wants the code and its tests in one folder of its
own, so both are copied to build/mutation, the rules under the name that the tests import.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter

from tools import command, paths, say

RULES = (
    "verdict",
    "punch",
    "plan",
    "schedule",
    "correction",
    "proposal",
    "day",
    "roster",
    "local",
    "clock",
)
HOME = paths.BUILD / "mutation"
ENOUGH = 0.90
CONFIG = """\
[tool.mutmut]
source_paths = ["attendance_rules"]
pytest_add_cli_args = ["-p", "no:cacheprovider"]
pytest_add_cli_args_test_selection = ["tests/rules"]
timeout_multiplier = 5.0

[tool.pytest.ini_options]
addopts = "--strict-markers --strict-config"
"""


def prepare() -> None:
    """Copy what mutmut needs, keeping its results of files that did not change."""
    for folder in ("attendance_rules", "tests"):
        shutil.rmtree(HOME / folder, ignore_errors=True)
    package = HOME / "attendance_rules"
    package.mkdir(parents=True)
    for name in ("__init__", *RULES):
        shutil.copy2(paths.ADDON / "rules" / f"{name}.py", package)
    skipped = shutil.ignore_patterns("__pycache__", "test_package.py")
    shutil.copytree(paths.CLONE / "tests" / "rules", HOME / "tests" / "rules", ignore=skipped)
    (HOME / "tests" / "__init__.py").touch()
    (HOME / "pyproject.toml").write_text(CONFIG)


def mutmut(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(paths.BRIDGE_ENV / "bin" / "mutmut"), *arguments],
        cwd=HOME,
        env=command.environment() | {"RULES_EXAMPLES": "15"},  # each mutant waits for them
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )


def verdicts() -> dict[str, str]:
    """{mutant: "killed", "survived", "timeout", …}."""
    lines = mutmut("results", "--all", "true").stdout.splitlines()
    pairs = (line.strip().rpartition(": ") for line in lines)
    return {name: verdict for name, _, verdict in pairs if "__mutmut_" in name}


def main() -> int:
    prepare()
    say.note(f"Mutating {', '.join(RULES)}: some ten minutes on two quiet cores.")
    ran = mutmut("run", "--max-children", str(os.cpu_count() or 2))
    found = verdicts()
    if ran.returncode or not found:
        say.note(ran.stdout[-3000:])
        return 1
    counts = Counter(found.values())
    # A mutant that never ends is noticed by whoever waits for it.
    noticed = counts["killed"] + counts["timeout"]
    for name, verdict in sorted(found.items()):
        if verdict not in {"killed", "timeout"}:
            say.note(f"  {verdict}: {name}")
            say.note("\n".join(f"      {line}" for line in _change(name)))
    share = noticed / len(found)
    say.note(f"{noticed} of {len(found)} mutants were noticed: {share:.1%}. {dict(counts)}")
    return 0 if share >= ENOUGH else 1


def _change(name: str) -> list[str]:
    """The lines that a mutant takes away and puts in."""
    shown = mutmut("show", name).stdout.splitlines()
    return [line for line in shown if line[:1] in "+-" and line[:3] not in {"+++", "---"}]


if __name__ == "__main__":
    say.run_main(main, "mutation testing")
