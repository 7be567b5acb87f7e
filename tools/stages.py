"""What `make test` runs: one line per stage."""

from __future__ import annotations

from dataclasses import dataclass

from tools import paths

PYTHON = str(paths.BRIDGE_ENV / "bin" / "python")


@dataclass(frozen=True)
class Stage:
    """A command that leaves its counts in `build/results/<name>.xml` as JUnit does."""

    name: str
    command: tuple[str, ...]


def _pytest(name: str, *folders: str) -> Stage:
    return Stage(name, (PYTHON, "-m", "pytest", "-q", f"--junitxml={result(name)}", *folders))


def result(name: str) -> str:
    """Where a stage's counts are."""
    return str(paths.BUILD / "results" / f"{name}.xml")


# The longest first after the quickest: several run at a time, and the last should not run alone.
STAGES = (
    Stage("check", (PYTHON, "-m", "tools.check")),
    _pytest("e2e", "tests/e2e"),
    Stage("addon", (PYTHON, "-m", "tools.addon_tests")),
    _pytest("browser", "tests/browser"),
    _pytest("bridge", "tests/bridge", "tests/evaluation", "tests/fuzz", "tests/screen"),
    _pytest("tools", "tests/tools", "tests/site"),
    _pytest("chaos", "tests/chaos", "tests/soak"),
    Stage("tensorflow", (PYTHON, "-m", "tools.tensorflow_tests", "tests/tensorflow")),
    _pytest("wire", "tests/wire", "tests/contracts"),
    _pytest("rules", "tests/rules"),
)
