"""How far the terminals' logs have been read, one small file each."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from device_bridge.domain.punch_clock import Mark, Punch
from device_bridge.errors import StorageFull


class FileMarks:
    """Implements ports.Marks. A file that is lost or damaged costs nothing but time: the log is
    read from its beginning, and what is known already is known by its UUID."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def load(self, terminal: int) -> Mark:
        try:
            return _mark(json.loads(self._path(terminal).read_text()))
        except FileNotFoundError:
            return Mark()
        except (OSError, ValueError, KeyError, TypeError):
            return Mark()

    def save(self, terminal: int, mark: Mark) -> None:
        path = self._path(terminal)
        fresh = path.with_suffix(".new")
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(fresh, "w", opener=_for_the_owner) as file:
                json.dump(asdict(mark), file, default=_text)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        except OSError as error:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise StorageFull(f"{path} cannot be written: {error.strerror}.") from error

    def _path(self, terminal: int) -> Path:
        return self._directory / f"terminal-{terminal}.json"


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _mark(data: dict[str, Any]) -> Mark:
    last, read_at = data["last"], data["read_at"]
    return Mark(
        count=int(data["count"]),
        last=None if last is None else _punch(last),
        held={str(user): int(count) for user, count in data["held"].items()},
        read_at=None if read_at is None else datetime.fromisoformat(read_at),
    )


def _punch(data: dict[str, Any]) -> Punch:
    local = datetime.fromisoformat(data["local"])
    return Punch(data["user"], local, data["key"], data["verified"])
