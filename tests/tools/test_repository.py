"""Rules about files that no linter knows."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tools import paths

HOSTS = ["debian" + ".org", "pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org"]
TARGETS = re.findall(r"^([a-z0-9-]+):", (paths.CLONE / "Makefile").read_text(), re.MULTILINE)


def _texts() -> dict[str, str]:
    folders = [paths.CLONE / name for name in ("tools", "constraints", ".ci")]
    files = [paths.CLONE / "Makefile"]
    files += [each for folder in folders for each in folder.rglob("*") if each.is_file()]
    return {
        str(each.relative_to(paths.CLONE)): each.read_text()
        for each in files
        if "__pycache__" not in each.parts
    }


@pytest.mark.parametrize("host", HOSTS)
def test_no_file_of_set_up_names_a_registry(host: str) -> None:
    assert [name for name, text in _texts().items() if host in text] == []


def test_every_target_is_explained_by_help() -> None:
    out = subprocess.run(
        ["make", "help"], cwd=paths.CLONE, capture_output=True, text=True, check=True
    ).stdout
    assert [line.split()[0] for line in out.splitlines()] == TARGETS


def test_ci_runs_what_a_person_runs() -> None:
    assert (paths.CLONE / ".ci" / "run").read_text().splitlines()[-1] == "exec make test"


@pytest.mark.parametrize("name", [".ci/run", "tools/bootstrap.sh"])
def test_scripts_are_executable_and_parse(name: str) -> None:
    script = Path(paths.CLONE / name)
    assert script.stat().st_mode & 0o111
    subprocess.run(["sh", "-n", script], check=True)
