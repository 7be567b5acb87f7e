"""Linters for the addon's JavaScript, installed by npm into the cache.

npm compares every package with the checksum in tools/node/package-lock.json and runs none of
their scripts.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tools import command, paths, stamps

_HERE = Path(__file__).with_name("node")
_FILES = ("package.json", "package-lock.json", "eslint.config.mjs", "prettier.json")


def folder() -> Path:
    """Where the linters of the present lock file are, or will be."""
    return paths.NODE / stamps.digest(*(_HERE / name for name in _FILES))


def is_ready() -> bool:
    """Whether the linters are there."""
    return folder().is_dir()


def install() -> None:
    """Install the linters, unless they are there."""
    if is_ready():
        return
    with stamps.new_folder(folder()) as new:
        for name in _FILES:
            shutil.copy(_HERE / name, new / name)
        command.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            what="Installing the JavaScript linters",
            log="npm",
            cwd=new,
        )


def sources() -> list[str]:
    """The addon's own JavaScript, without what it carries from others."""
    found = (paths.ADDON / "static").rglob("*.js")
    own = [each for each in found if "lib" not in each.relative_to(paths.ADDON / "static").parts]
    return sorted(str(each.relative_to(paths.CLONE)) for each in own)


def commands(files: list[str]) -> dict[str, list[str]]:
    """Command lines that check `files`, to be run in the clone."""
    programs = folder() / "node_modules"
    eslint = ["node", str(programs / "eslint/bin/eslint.js"), "--max-warnings", "0"]
    prettier = ["node", str(programs / "prettier/bin/prettier.cjs"), "--check"]
    return {
        "eslint": [*eslint, "--config", str(folder() / "eslint.config.mjs"), *files],
        "prettier": [*prettier, "--config", str(folder() / "prettier.json"), *files],
    }
