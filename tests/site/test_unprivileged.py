"""The real program as a user who may do nothing, told by a real systemd socket that it is watched.

Nothing answers where its Odoo should be: it is ready all the same, alive, and ends cleanly.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import pytest

from device_bridge.adapters.odoo.identity import Identity, Keys, save
from tools import paths

BRIDGE = paths.BRIDGE_ENV / "bin" / "device-bridge"
UID = 61234 if paths.is_root() else os.geteuid()
"""Nobody's, so that every file of it is the bridge's."""

# The clone and its weights may lie where only root looks: reading is all that is left of root.
AS_NOBODY = (
    *("setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups", "--no-new-privs"),
    *("--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"),
    "--bounding-set=-all,+dac_read_search",
)
WRITABLE = ("/tmp", "/var/tmp", "/dev/shm", "/run/lock")


@dataclass
class Running:
    process: subprocess.Popen[str]
    told: socket.socket
    folder: Path
    metrics: int

    def hear(self, wanted: str) -> None:
        """What systemd is told, until it is this."""
        while (heard := self.told.recv(500).decode()) != wanted:
            assert heard.partition("=")[0] in {"READY", "WATCHDOG", "STATUS"}, heard


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def bridge() -> Iterator[Running]:
    folder = Path(mkdtemp(prefix="unprivileged-"))
    folder.chmod(0o755)
    state, memory = folder / "state", folder / "memory"
    identity = Identity(
        *("http://127.0.0.1:9", "db", 3, "Door", "7b0d8c1e-52a4-4a0e-9d2f-1c3e5a7b9d11"),
        *("fd_secret", Keys.generate(), bytes(32)),
    )
    save(identity, state / "identity.json")
    memory.mkdir(mode=0o700)
    for path in (state, memory, state / "identity.json"):
        os.chown(path, UID, UID)
    port = _free_port()
    settings = folder / "settings.toml"
    settings.write_text(
        f'[state]\ndirectory = "{state}"\nmemory = "{memory}"\n'
        f'[recognition]\nweights = "{paths.CACHE / "weights"}"\n'
        f'[metrics]\nport = {port}\n[[camera]]\ngate = 1\nsource = "{folder}/nothing.avi"\n'
    )
    told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    told.bind(str(folder / "notify"))
    told.settimeout(60)
    (folder / "notify").chmod(0o777)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "DEVICE_BRIDGE_SETTINGS": str(settings),
        "NOTIFY_SOCKET": str(folder / "notify"),
        "WATCHDOG_USEC": "1500000",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    process = subprocess.Popen(
        [*(AS_NOBODY if paths.is_root() else ()), BRIDGE, "run"],
        cwd="/",
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield Running(process, told, folder, port)
    finally:
        process.kill()
        process.communicate()
        told.close()
        shutil.rmtree(folder)


def test_it_is_ready_and_alive_while_odoo_is_away(bridge: Running) -> None:
    bridge.hear("READY=1")
    bridge.hear("STATUS=Waiting for Odoo: http://127.0.0.1:9 does not answer.")
    bridge.hear("WATCHDOG=1")
    bridge.hear("WATCHDOG=1")


def test_it_is_not_root_and_can_never_be(bridge: Running) -> None:
    status = Path(f"/proc/{bridge.process.pid}/status").read_text()
    said = dict(re.findall(r"^(\w+):\s+(.*)$", status, re.MULTILINE))
    assert set(said["Uid"].split()) == {str(UID)}
    assert UID != 0
    if paths.is_root():
        assert said["NoNewPrivs"] == "1"
        dac_read_search = 1 << 2
        assert int(said["CapEff"], 16) & ~dac_read_search == 0


def test_its_figures_are_there_from_the_start(bridge: Running) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{bridge.metrics}/metrics", timeout=10) as page:
        text = page.read().decode()
    told = dict(re.findall(r"^(bridge_\w+) (\S+)$", text, re.MULTILINE))
    assert float(told["bridge_gallery_people"]) == 0
    assert float(told["bridge_gallery_age_seconds"]) == -1
    assert float(told["bridge_odoo_silent_seconds"]) == -1
    assert float(told["bridge_outbox_pending"]) == 0
    assert float(told["bridge_outbox_room"]) > 1000
    assert float(told["bridge_stuck_parts"]) == 0


def test_what_it_keeps_is_for_its_user_only(bridge: Running) -> None:
    state = bridge.folder / "state"
    kept = {path.name: stat.S_IMODE(path.stat().st_mode) for path in state.iterdir()}
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert {"identity.json", "outbox.sqlite"} <= set(kept)
    assert set(kept.values()) == {0o600}, kept


def test_it_ends_cleanly_and_has_written_nowhere_else(bridge: Running) -> None:
    bridge.process.send_signal(signal.SIGTERM)
    bridge.hear("STOPPING=1")
    said, _ = bridge.process.communicate(timeout=60)
    assert bridge.process.returncode == 0, said
    assert "fd_secret" not in said
    if UID == 61234:
        strays = [
            entry.path
            for folder in WRITABLE
            if Path(folder).is_dir()
            for entry in os.scandir(folder)
            if _owner(entry) == UID
        ]
        assert strays == []


def _owner(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_uid
    except FileNotFoundError:  # another program's, gone meanwhile
        return -1
