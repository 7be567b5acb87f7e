"""Pin everything: writes constraints/py*.txt, constraints/wheels.sha256 and the addon's own
requirements in docker/odoo.

Run `.venv/bin/python -m tools.lock` after changing pyproject.toml or constraints/odoo.in; with
`--upgrade` it also takes newer versions of what those two leave open.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tools import paths, python_env, say, stamps, wheels
from tools.resolve import GLIBC_MINOR, ODOO_IMAGE, Wheel, resolve

# Extras that one environment can hold together; tensorflow has versions of its own.
_EXTRAS = (
    *("models", "liveness", "evaluation", "serve", "dev", "onvif", "screen", "terminals"),
    *("vector", "discovery", "metrics"),
)
_ARM_EXTRAS = (
    *("models", "liveness", "onvif", "screen", "serve", "terminals", "vector"),
    *("discovery", "metrics"),
)


# What the addon needs beside Odoo, for Odoo's image, whose own packages stay as they are.
ODOO_IMAGE_FILE = paths.CLONE / "docker" / "odoo" / "requirements.txt"
_ADDON_NEEDS = ("pywebpush", "http-ece", "py-vapid", "aiohttp")
_IN_THE_IMAGE = {
    *("cryptography", "cffi", "pycparser"),
    *("requests", "urllib3", "idna", "certifi", "charset-normalizer"),
}
_MACHINES = ("x86_64", "aarch64")


def _hardware(python: str) -> tuple[str, ...]:
    """lgpio has no wheel for Python 3.13; there it comes from Debian, as python3-lgpio."""
    return ("hardware",) if python == "3.11" else ()


def x86_requirements(python: str) -> list[str]:
    """Everything that a demo or developer machine installs, both environments together."""
    bridge = python_env.bridge_requirements((*_EXTRAS, *_hardware(python)))
    odoo = python_env.odoo_requirements()
    return [*wheels.split([*bridge, *odoo])[0], *python_env.BUILD_NEEDS]


def arm_requirements(python: str) -> list[str]:
    """What the bridge needs at run time on a Raspberry Pi."""
    bridge = python_env.bridge_requirements((*_ARM_EXTRAS, *_hardware(python)))
    return wheels.split(bridge)[0]


def tensorflow_requirements() -> list[str]:
    """What the environment with TensorFlow installs, on any Python."""
    return [*wheels.split(python_env.tensorflow_requirements())[0], *python_env.BUILD_NEEDS]


def odoo_image_wheels(pip: Path, machines: Sequence[str] = _MACHINES) -> list[Wheel]:
    """What the image of Odoo installs, for these processors, in the versions that are tested."""
    pins = python_env.constraints_file("3.13")
    wanted = [name for name in _ADDON_NEEDS if name not in wheels.SOURCE_ONLY]
    found = {
        one
        for machine in machines
        for one in resolve(pip, wanted, python=ODOO_IMAGE, machine=machine, constraints=pins)
    }
    return sorted(one for one in found if one.name not in _IN_THE_IMAGE)


def _odoo_image_text(found: list[Wheel]) -> str:
    hashes: dict[str, set[str]] = {}
    for one in found:
        hashes.setdefault(f"{one.name}=={one.version}", set()).add(one.sha256)
    for requirement in wheels.split(python_env.odoo_requirements())[1]:
        hashes[requirement] = {wheels.SOURCE_ONLY[wheels.name_of(requirement)][1]}
    head = "# Written by tools/lock.py: what the addon needs beside Odoo's own.\n"
    rows = [
        " \\\n".join([pin, *(f"    --hash=sha256:{one}" for one in sorted(sums))]) + "\n"
        for pin, sums in sorted(hashes.items())
    ]
    return head + "".join(rows)


def main() -> int:
    pip = Path(sys.executable)
    sums: dict[str, str] = dict(wheels.SOURCE_ONLY.values())
    for python in GLIBC_MINOR:
        file = python_env.constraints_file(python)
        keep = file if file.exists() and "--upgrade" not in sys.argv else None
        with say.step(f"Python {python}"):
            found = _resolve_keeping(pip, x86_requirements(python), python, keep)
            _write(file, found)
            arm = resolve(
                pip, arm_requirements(python), python=python, machine="aarch64", constraints=file
            )
        with say.step(f"Python {python} with TensorFlow"):
            own = python_env.constraints_file(python, python_env.TENSORFLOW)
            keep = own if own.exists() and "--upgrade" not in sys.argv else file
            tensorflow = _resolve_keeping(pip, tensorflow_requirements(), python, keep)
            _write(own, tensorflow)
        sums |= {each.file: each.sha256 for each in [*found, *arm, *tensorflow]}
    with say.step("Image of Odoo"):
        stamps.write(ODOO_IMAGE_FILE, _odoo_image_text(odoo_image_wheels(pip)))
    rows = sorted(f"{checksum}  {name}\n" for name, checksum in sums.items())
    stamps.write(wheels.CHECKSUMS, "".join(sorted(rows, key=lambda row: row.split()[1].lower())))
    return 0


def _write(file: Path, found: list[Wheel]) -> None:
    pins = sorted({f"{each.name}=={each.version}" for each in found})
    head = "# Written by tools/lock.py from pyproject.toml and constraints/odoo.in.\n"
    stamps.write(file, head + "\n".join(pins) + "\n")


def _resolve_keeping(
    pip: Path, requirements: list[str], python: str, keep: Path | None
) -> list[Wheel]:
    """Resolve with the present pins where they still fit."""
    if keep is not None:
        try:
            return resolve(pip, requirements, python=python, constraints=keep)
        except say.Problem:
            say.note("    the present pins no longer fit: resolving anew")
    return resolve(pip, requirements, python=python)


if __name__ == "__main__":
    say.run_main(main)
