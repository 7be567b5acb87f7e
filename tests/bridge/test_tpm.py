"""The half that the security chip keeps, against a real software TPM (swtpm)."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from device_bridge.adapters.tpm import TpmHalf
from device_bridge.errors import SettingsError
from device_bridge.settings import load_settings
from device_bridge.wiring.storage import half_of

pytestmark = pytest.mark.skipif(
    not (shutil.which("swtpm") and shutil.which("tpm2_unseal")),
    reason="swtpm and tpm2-tools are not installed here",
)
TCTI = "TPM2TOOLS_TCTI"


def _free_ports() -> tuple[int, int]:
    """Two next to each other: tpm2-tools find the second by the first."""
    while True:
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            try:
                two.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port, port + 1


@contextmanager
def chip(folder: Path) -> Iterator[str]:
    """A chip whose secrets are in `folder`; how tpm2-tools reach it."""
    folder.mkdir(exist_ok=True)
    port, control = _free_ports()
    argv = [
        *("swtpm", "socket", "--tpm2", "--tpmstate", f"dir={folder}"),
        *("--server", f"type=tcp,port={port},bindaddr=127.0.0.1"),
        *("--ctrl", f"type=tcp,port={control},bindaddr=127.0.0.1"),
        *("--flags", "not-need-init,startup-clear"),
    ]
    with subprocess.Popen(argv) as running:
        try:
            _wait_for(control)
            yield f"swtpm:host=127.0.0.1,port={port}"
        finally:
            running.kill()


def _wait_for(port: int) -> None:
    ends_s = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < ends_s, "swtpm does not start"
            time.sleep(0.02)
        else:
            return


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with chip(tmp_path / "chip") as address:
        monkeypatch.setenv(TCTI, address)
        yield


@pytest.mark.usefixtures("own")
def test_the_half_is_the_same_at_every_start_and_is_not_on_the_disk(tmp_path: Path) -> None:
    file = tmp_path / "state" / "storage-half.tpm"
    half = TpmHalf(file).get()
    assert len(half) == 32
    assert TpmHalf(file).get() == half
    assert file.stat().st_mode & 0o077 == 0
    assert half not in b"".join(path.read_bytes() for path in file.parent.iterdir())
    TpmHalf(file).forget()
    assert TpmHalf(file).get() == half, "what waits for Odoo still opens"


@pytest.mark.usefixtures("own")
def test_two_machines_have_two_halves(tmp_path: Path) -> None:
    assert TpmHalf(tmp_path / "one").get() != TpmHalf(tmp_path / "two").get()


def test_a_card_in_another_machine_opens_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "storage-half.tpm"
    with chip(tmp_path / "ours") as address:
        monkeypatch.setenv(TCTI, address)
        half = TpmHalf(file).get()
    kept = file.read_bytes()
    with chip(tmp_path / "theirs") as address:
        monkeypatch.setenv(TCTI, address)
        with pytest.raises(SettingsError, match="refused tpm2_load"):
            TpmHalf(file).get()
    assert file.read_bytes() == kept, "never a new one in its place"
    with chip(tmp_path / "ours") as address:
        monkeypatch.setenv(TCTI, address)
        assert TpmHalf(file).get() == half, "after a restart of the machine"


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"public": "?", "private": ""}'],
    ids=["empty", "list", "bare", "text"],
)
def test_a_damaged_file_is_said_and_kept(tmp_path: Path, content: str) -> None:
    file = tmp_path / "storage-half.tpm"
    file.write_text(content)
    with pytest.raises(SettingsError, match="damaged"):
        TpmHalf(file).get()
    assert file.read_text() == content


@pytest.mark.usefixtures("own")
def test_a_changed_file_opens_nothing(tmp_path: Path) -> None:
    file = tmp_path / "storage-half.tpm"
    TpmHalf(file).get()
    parts = json.loads(file.read_text())
    private = parts["private"]
    parts["private"] = private[:40] + ("A" if private[40] != "A" else "B") + private[41:]
    file.write_text(json.dumps(parts))
    with pytest.raises(SettingsError, match="refused tpm2_load"):
        TpmHalf(file).get()


def test_without_a_chip_the_way_out_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TCTI, f"device:{tmp_path}/tpmrm0")
    with pytest.raises(SettingsError, match=r'if there is none, choose state\.unlock = "server"'):
        TpmHalf(tmp_path / "half").get()
    assert not (tmp_path / "half").exists()


def test_without_the_tools_the_way_out_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SettingsError, match="tpm2-tools is not installed"):
        TpmHalf(tmp_path / "half").get()


@pytest.mark.usefixtures("own")
def test_the_setting_asks_the_chip_and_not_odoo(tmp_path: Path) -> None:
    chosen = load_settings(None)
    state = chosen.state.model_copy(update={"unlock": "tpm", "directory": tmp_path})

    def ask() -> bytes:
        raise AssertionError("Odoo is not asked")

    half = half_of(chosen.model_copy(update={"state": state}), ask)
    assert half.get() == half.get()
    assert (tmp_path / "storage-half.tpm").is_file()
