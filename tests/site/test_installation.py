"""systemd/install.sh for real, below a folder: packages, weights, an update, the way back.

It unpacks 700 MB twice, so it is asked for: HR_FACE_REAL_INSTALL=1, two minutes. What the script
itself does, step by step, is in test_systemd.py.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from device_bridge import __version__
from tools import paths

pytestmark = pytest.mark.skipif(
    not os.environ.get("HR_FACE_REAL_INSTALL"),
    reason="takes two minutes: HR_FACE_REAL_INSTALL=1 asks for it",
)


class Root:
    """A folder in place of a machine's root."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.opt = folder, folder / "opt" / "device-bridge"

    def install(self, *words: str) -> int:
        environment = {**os.environ, "DESTDIR": str(self.folder)}
        script = paths.CLONE / "systemd" / "install.sh"
        return subprocess.run([script, *words], env=environment, check=False).returncode

    def link(self, name: str) -> str:
        return str((self.opt / name).readlink())

    def says(self, *words: str) -> str:
        """The installed program, far from the clone and knowing nothing of it."""
        program = self.opt / "current" / "env" / "bin" / "device-bridge"
        done = subprocess.run(
            [program, *words],
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()


def test_a_machine_is_installed_updated_and_taken_back(tmp_path: Path) -> None:
    root = Root(tmp_path / "root")
    assert root.install("discovery") == 0
    first = root.link("current")
    assert root.says("version") == __version__
    settings = tmp_path / "settings.toml"
    settings.write_text(f'[recognition]\nweights = "{root.opt}/current/weights"\n')
    assert "dlib_resnet.onnx" in root.says("models", "verify", "--settings", str(settings))
    assert root.install("no-such-extra") != 0
    assert (root.link("current"), root.says("version")) == (first, __version__)
    assert root.install("discovery") == 0
    second = root.link("current")
    assert second != first
    assert root.link("previous") == first
    assert root.install("--rollback") == 0
    assert (root.link("current"), root.link("previous")) == (first, second)
    assert root.says("version") == __version__
    kept = sorted(one.name for one in root.opt.iterdir() if not one.is_symlink())
    assert kept == sorted([first, second])
