"""Which steps are done: a stamp is the hash of everything that went into a step.

A step writes to a temporary name, renames, and only then stamps; so whatever happens in between,
the worst is that the step runs again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def digest(*inputs: object) -> str:
    """Hash of texts and of the content of files (given as `Path`)."""
    total = hashlib.sha256()
    for item in inputs:
        content = item.read_bytes() if isinstance(item, Path) else str(item).encode()
        total.update(hashlib.sha256(content).digest())
    return total.hexdigest()[:16]


def sha256(file: Path) -> str:
    """SHA-256 of a file as it is written in our lists."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def is_done(stamp: Path, key: str) -> bool:
    """Whether `stamp` was made from the same inputs."""
    return stamp.is_file() and stamp.read_text().strip() == key


def mark(stamp: Path, key: str) -> None:
    """Say that the step is done."""
    write(stamp, key + "\n")


def write(file: Path, text: str, mode: int = 0o644) -> None:
    """Write a whole file or nothing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as stream:
            stream.write(text)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A temporary folder that becomes `folder` when the block ends well, and vanishes otherwise."""
    for left in folder.parent.glob(f".{folder.name}.*.new"):  # by a run that was killed
        shutil.rmtree(left, ignore_errors=True)
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.new")
    temporary.mkdir(parents=True)
    try:
        yield temporary
        shutil.rmtree(folder, ignore_errors=True)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
