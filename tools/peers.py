"""The ONVIF camera that tests talk to: a package that is unpacked, never installed.

Installed it would bring a second OpenCV, and two copies overwrite each other.
"""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

from tools import paths, say, stamps, wheels

_WHEEL = "ipycam-1.3.0-py3-none-any.whl"
_SHA256 = "3f12b70ed4e9717508fc387874a0c9fddf94a2a193dc88c2340efb867ff5d745"
IPYCAM = paths.CACHE / "peers" / _WHEEL.removesuffix("-py3-none-any.whl")


def is_ready() -> bool:
    """Whether it is there; its content was checked when it came."""
    return stamps.is_done(IPYCAM / ".done", _SHA256)


def fetch() -> None:
    """Download and unpack it, unless that was done before."""
    if is_ready():
        return
    with tempfile.TemporaryDirectory() as folder:
        wheels.pip(
            paths.BRIDGE_ENV / "bin" / "python",
            [*("download", "--no-deps", "--only-binary", ":all:"), "-d", folder, "ipycam==1.3.0"],
            what=f"Downloading {_WHEEL}",
            log="peers",
        )
        wheel = Path(folder) / _WHEEL
        if stamps.sha256(wheel) != _SHA256:
            raise say.Problem(
                f"{_WHEEL} is not the file that tools/peers.py names: check where this machine's "
                "pip gets packages from (`pip config list`)."
            )
        with zipfile.ZipFile(wheel) as archive, stamps.new_folder(IPYCAM) as new:
            archive.extractall(new)
    stamps.mark(IPYCAM / ".done", _SHA256)
