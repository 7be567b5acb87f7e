"""The face finder of kiosk and enrolment pages, from npm into the addon's static/lib.

npm compares every package with the checksum in tools/node_human/package-lock.json and runs none
of their scripts. The files carry weights, so they are not in this repository.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tools import command, paths, stamps

LIBRARY = paths.ADDON / "static" / "lib" / "human"
_HERE = Path(__file__).with_name("node_human")
_PINS = ("package.json", "package-lock.json")
_FILES = {
    "human.js": "@vladmandic/human/dist/human.js",
    "LICENSE": "@vladmandic/human/LICENSE",
    "blazeface.json": "@vladmandic/human/models/blazeface.json",
    "blazeface.bin": "@vladmandic/human/models/blazeface.bin",
    "facemesh.json": "@vladmandic/human/models/facemesh.json",
    "facemesh.bin": "@vladmandic/human/models/facemesh.bin",
    "tfjs-backend-wasm.wasm": "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm",
    "tfjs-backend-wasm-simd.wasm": "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm",
}


def is_ready() -> bool:
    """Whether the addon of this clone has the files of the present lock file."""
    return stamps.is_done(LIBRARY / ".done", _key())


def install() -> None:
    """Put the files there, unless they are; npm is asked once per cache."""
    if is_ready():
        return
    packages = paths.NODE / f"human-{_key()}"
    if not packages.is_dir():
        with stamps.new_folder(packages) as new:
            _download(new)
    with stamps.new_folder(LIBRARY) as new:
        for name in _FILES:
            shutil.copy(packages / name, new / name)
        stamps.mark(new / ".done", _key())


def _download(folder: Path) -> None:
    for name in _PINS:
        shutil.copy(_HERE / name, folder / name)
    command.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        what="Downloading the pages' face finder",
        log="npm",
        cwd=folder,
    )
    for name, path in _FILES.items():
        shutil.copy(folder / "node_modules" / path, folder / name)
    shutil.rmtree(folder / "node_modules")  # 109 MB, of which we use 6


def _key() -> str:
    return stamps.digest(*(_HERE / name for name in _PINS), sorted(_FILES.items()))
