"""Stop what was started from this clone and remove what was built in it; `--all`: the cache too."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from tools import paths, processes, say

_BUILT = ("build", ".venv", "node_modules", ".mypy_cache", ".ruff_cache", ".pytest_cache")
_BUILT_TOO = (".hypothesis", ".import_linter_cache", "device_bridge.egg-info")


def stop(*, every_clone: bool) -> None:
    """Stop our running commands, then servers that outlived theirs."""
    found = [
        each
        for each in processes.records()
        if each.pid != os.getpid() and (every_clone or each.clone == str(paths.CLONE))
    ]
    # Commands first, because they stop their own servers; then Odoo before its PostgreSQL.
    for each in sorted(found, key=lambda record: (record.server, -record.start_ticks)):
        if each.alive:
            say.note(f"Stopping {each.name} (process {each.pid})")
        each.stop(timeout_s=60)


def main() -> int:
    everything = "--all" in sys.argv
    stop(every_clone=everything)
    folders = [paths.CLONE / name for name in (*_BUILT, *_BUILT_TOO)]
    if everything:
        folders += [paths.CACHE, paths.clusters(), *_socket_folders()]
    for folder in folders:
        if folder.exists():
            shutil.rmtree(folder)
            say.note(f"Removed {folder}")
    return 0


def _socket_folders() -> list[Path]:
    return list(Path("/tmp").glob(f"{paths.NAME}-{os.getuid()}-*"))


if __name__ == "__main__":
    say.run_main(main, "clean")
