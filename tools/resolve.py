"""Ask pip which wheels a list of requirements means on a given Python and processor.

pip resolves for another Python with `--python-version` and `--platform`, but evaluates markers
such as `python_version < "3.12"` for the Python that it runs on. So pip is started here with the
environment of the target in their place.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import command, paths
from tools.wheels import canonical

# C library of the Debian that has this Python: 12 has 2.36, 13 has 2.41.
GLIBC_MINOR = {"3.11": 36, "3.13": 41}
# Python of the image odoo:19.0, which is made of Ubuntu 24.04.
ODOO_IMAGE = "3.12"
_GLIBC_MINOR = {**GLIBC_MINOR, ODOO_IMAGE: 39}
_OLDEST = {"x86_64": 5, "aarch64": 17}
_LEGACY = {
    "x86_64": ["manylinux2014", "manylinux2010", "manylinux1", "linux"],
    "aarch64": ["manylinux2014", "linux"],
}
_PIP = """
import sys
from pip._vendor.packaging import markers
original = markers.default_environment
markers.default_environment = lambda: {**original(), **TARGET}
from pip._internal.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@dataclass(frozen=True, order=True)
class Wheel:
    """One file of the answer."""

    name: str
    version: str
    file: str
    sha256: str


def resolve(
    pip: Path,
    requirements: Sequence[str],
    *,
    python: str,
    machine: str = "x86_64",
    constraints: Path | None = None,
) -> list[Wheel]:
    """Resolve with binary wheels only; `pip` is the Python whose pip answers."""
    report = paths.CACHE / "resolve" / f"{python}-{machine}.json"
    report.parent.mkdir(parents=True, exist_ok=True)
    target = {
        "python_version": python,
        "python_full_version": f"{python}.2",
        "platform_machine": machine,
    }
    minors = range(_GLIBC_MINOR[python], _OLDEST[machine] - 1, -1)
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in minors]
    platforms += [f"{name}_{machine}" for name in _LEGACY[machine]]
    command.run(
        [
            *(pip, "-c", _PIP.replace("TARGET", repr(target)), "install", "--dry-run", "--quiet"),
            *("--no-input", "--disable-pip-version-check", "--ignore-installed"),
            *("--only-binary", ":all:", "--python-version", python, "--implementation", "cp"),
            *(word for platform in platforms for word in ("--platform", platform)),
            *("--target", report.parent / "nowhere", "--report", report),
            *(("-c", constraints) if constraints else ()),
            *requirements,
        ],
        what=f"Resolving Python packages for {python} on {machine}",
        log=f"resolve-{python}-{machine}",
        progress=lambda _line: None,
    )
    return sorted(_wheel(item) for item in json.loads(report.read_text())["install"])


def _wheel(item: dict[str, dict[str, object]]) -> Wheel:
    download = item["download_info"]
    archive = download["archive_info"]
    assert isinstance(archive, dict)
    hashes = archive.get("hashes") or {}
    return Wheel(
        canonical(str(item["metadata"]["name"])),
        str(item["metadata"]["version"]),
        str(download["url"]).rpartition("/")[2].replace("%2B", "+"),
        hashes.get("sha256", ""),
    )
