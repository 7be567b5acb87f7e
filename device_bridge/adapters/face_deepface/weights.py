"""The weight files on this machine: where they lie, whether they are the ones expected.

The layout is DeepFace's own (`<home>/.deepface/weights/`), so that its registry finds them
too.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from device_bridge.adapters.face_deepface.weight_files import DEFAULT, FILES
from device_bridge.errors import WeightsMissing

if TYPE_CHECKING:
    from collections.abc import Iterator


def folder_of(home: Path) -> Path:
    """Where the files lie under `home`."""
    return home / ".deepface" / "weights"


def path_of(home: Path, name: str) -> Path:
    """Where `name` lies under `home`."""
    return folder_of(home) / name


def verify(home: Path, names: Iterable[str] = DEFAULT) -> None:
    """Raises WeightsMissing, saying what to do, unless every file is the one expected."""
    for name in names:
        if problem := problem_of(home, name):
            raise WeightsMissing(problem)


def problem_of(home: Path, name: str) -> str:
    """What is wrong with a file, as a sentence that says what to do; empty if nothing is."""
    path, wanted = path_of(home, name), expected(home, name)
    fetch = "device-bridge models fetch" + ("" if name in DEFAULT else f" {name}")
    if not path.is_file():
        return f"{path} is absent: run `{fetch}`"
    found = sha256_of(path)
    if not wanted:
        return (
            f"nobody has vouched for {path}: compare its checksum {found} with that of a file "
            f"you trust, then run `{fetch} --accept {found}`"
        )
    return (
        "" if found == wanted else f"{path} is not the file expected: delete it and run `{fetch}`"
    )


def expected(home: Path, name: str) -> str:
    """The checksum a file must have: ours, or the one accepted on this machine, or empty."""
    return FILES[name].sha256 or _accepted(home).get(name, "")


def accept(home: Path, name: str, sha256: str) -> None:
    """Record that a person vouches for this checksum of a file that has none of ours."""
    if FILES[name].sha256:
        raise WeightsMissing(f"the checksum of {name} is known and cannot be replaced")
    accepted = json.dumps({**_accepted(home), name: sha256}, indent=2, sort_keys=True)
    put(_record_of(home), accepted.encode())


def _accepted(home: Path) -> Mapping[str, str]:
    try:
        record = json.loads(_record_of(home).read_bytes())
        return {str(name): str(sha256) for name, sha256 in record.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as error:
        raise WeightsMissing(f"{_record_of(home)} cannot be read: {error}; delete it") from error


def _record_of(home: Path) -> Path:
    return folder_of(home) / "accepted.json"


def place(home: Path, name: str, content: bytes) -> None:
    """Put a made file in place, whole or not at all. Raises WeightsMissing if it is another."""
    if (found := hashlib.sha256(content).hexdigest()) != FILES[name].sha256:
        raise WeightsMissing(
            f"{name} from {FILES[name].source} has the checksum {found} instead of "
            f"{FILES[name].sha256}: install the pinned versions of this release"
        )
    put(path_of(home, name), content)


def put(path: Path, content: bytes) -> None:
    """Write a file whole or not at all. Raises WeightsMissing."""
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            temporary = Path(file.name)
            try:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                # Set up by root, read by the service's own user.
                temporary.chmod(0o644)
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raises WeightsMissing for whatever the disk objects to."""
    try:
        yield
    except OSError as error:
        raise WeightsMissing(f"cannot write {path}: {error.strerror}") from error


def sha256_of(path: Path) -> str:
    """SHA-256 in hex. Raises WeightsMissing if the file cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsMissing(f"cannot read {path}: {error.strerror}") from error
