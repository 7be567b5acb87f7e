"""The unit, as systemd reads it, and the script that installs, updates and goes back."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from typer.main import get_command

from device_bridge.cli.app import app
from device_bridge.settings import load_settings
from device_bridge.wiring import bridge as run_wiring
from device_bridge.wiring import device as device_wiring
from tools import paths

SYSTEMD = paths.CLONE / "systemd"
UNIT = SYSTEMD / "device-bridge.service"
SETTINGS = load_settings(SYSTEMD / "settings.toml")
ANALYZE = shutil.which("systemd-analyze")
PROGRAM = "/opt/device-bridge/current/env/bin/device-bridge"
EXPOSURE = 20
"""Of 100: what `systemd-analyze security` may find; 17 when this was written."""

needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed here")


def unit(file: Path = UNIT) -> dict[str, list[str]]:
    """The values of each key of [Service] and [Unit]; systemd allows a key several times."""
    found: dict[str, list[str]] = {}
    for row in file.read_text().splitlines():
        key, is_set, value = row.partition("=")
        if is_set and not row.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


@pytest.fixture
def runnable(tmp_path: Path) -> Path:
    """The unit with a program that is here."""
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace(PROGRAM, "/bin/true"))
    return copy


@needs_systemd
def test_systemd_finds_no_fault_in_the_unit(runnable: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", runnable],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert str(runnable.name) not in done.stderr, done.stderr


@needs_systemd
@pytest.mark.parametrize("name", ["serve", "tpm"])
def test_systemd_finds_no_fault_in_a_drop_in(runnable: Path, name: str) -> None:
    folder = runnable.with_name(f"{runnable.name}.d")
    folder.mkdir()
    text = (SYSTEMD / f"device-bridge-{name}.conf").read_text()
    (folder / f"{name}.conf").write_text(text.replace(PROGRAM, "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", runnable],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert f"{name}.conf" not in done.stderr, done.stderr


@needs_systemd
def test_little_is_left_to_a_bridge_that_was_taken_over(runnable: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE}", runnable],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_unit_runs_what_is_installed_with_the_settings_that_are_installed() -> None:
    assert unit()["ExecStart"] == [f"{PROGRAM} run"]
    serve = unit(SYSTEMD / "device-bridge-serve.conf")["ExecStart"]
    assert serve == ["", f"{PROGRAM} serve"], "the first empties what the unit says"
    assert {"run", "serve"} <= set(get_command(app).commands)  # type: ignore[attr-defined]
    assert "DEVICE_BRIDGE_SETTINGS=/etc/device-bridge/settings.toml" in unit()["Environment"]


def test_settings_and_unit_mean_the_same_folders() -> None:
    assert str(SETTINGS.state.directory) == f"/var/lib/{unit()['StateDirectory'][0]}"
    assert SETTINGS.state.memory == f"/run/{unit()['RuntimeDirectory'][0]}"
    assert unit()["StateDirectoryMode"] == unit()["RuntimeDirectoryMode"] == ["0700"]
    assert unit()["RuntimeDirectoryPreserve"] == ["restart"], "the half key outlives a restart"


def test_the_watchdog_waits_longer_than_a_frame_may_take_and_the_end_is_waited_for() -> None:
    assert float(unit()["WatchdogSec"][0]) > run_wiring._FRAME_S
    to_end_s = run_wiring._DRAIN_S + run_wiring._LAST_DELIVERY_S + device_wiring._STOP_WITHIN_S
    assert float(unit()["TimeoutStopSec"][0]) > to_end_s
    assert unit()["Type"] == ["notify"]
    assert unit()["Restart"] == ["always"]
    assert unit()["StartLimitIntervalSec"] == ["0"], "Odoo may be away for days"


PYTHON = """#!/bin/sh
# stands for the installer of Python packages: leaves a program behind, unless it is to fail
[ -z "$FAILS" ] || exit 1
mkdir -p "$3/env/bin"
echo "$5" > "$3/extras"
"""


class Machine:
    """A folder in place of a machine's root."""

    def __init__(self, root: Path) -> None:
        self.root, self.programs = root / "root", root / "bin"
        self.programs.mkdir()
        for name, text in {"python3": PYTHON, "date": f"#!/bin/sh\ncat {root}/now\n"}.items():
            (self.programs / name).write_text(text)
            (self.programs / name).chmod(0o755)
        self.now = root / "now"

    def install(self, *words: str, now: str = "", fails: bool = False) -> int:
        self.now.write_text(now)
        path = f"{self.programs}:{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "DESTDIR": str(self.root)}
        argv = [SYSTEMD / "install.sh", *words]
        return subprocess.run(
            argv,
            env=environment | {"FAILS": "1" if fails else ""},
            capture_output=True,
            check=False,
        ).returncode

    def link(self, name: str) -> str:
        return str((self.root / "opt/device-bridge" / name).readlink())

    def releases(self) -> list[str]:
        folder = self.root / "opt/device-bridge"
        return sorted(one.name for one in folder.iterdir() if not one.is_symlink())


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_everything_is_put_in_its_place(machine: Machine) -> None:
    assert machine.install(now="1Z") == 0
    found = {
        str(path.relative_to(machine.root)): oct(stat.S_IMODE(path.stat().st_mode))
        for path in machine.root.rglob("*")
        if path.is_file() and "docs" not in path.parts
    }
    assert found == {
        "opt/device-bridge/1Z/extras": "0o644",
        "etc/systemd/system/device-bridge.service": "0o644",
        "etc/udev/rules.d/99-device-bridge.rules": "0o644",
        "etc/device-bridge/settings.toml": "0o640",
        "usr/local/bin/device-bridge": "0o755",
    }
    assert machine.link("current") == "1Z"
    assert (machine.root / "opt/device-bridge/1Z/docs/operations.md").is_file()


def test_an_update_keeps_the_settings_and_the_version_before(machine: Machine) -> None:
    machine.install(now="1Z")
    settings = machine.root / "etc/device-bridge/settings.toml"
    settings.write_text("# mine\n")
    for now in ("2Z", "3Z"):
        assert machine.install(now=now) == 0
    assert settings.read_text() == "# mine\n"
    assert (machine.link("current"), machine.link("previous")) == ("3Z", "2Z")
    assert machine.releases() == ["2Z", "3Z"]


def test_going_back_and_forth(machine: Machine) -> None:
    assert machine.install("--rollback") != 0, "there is nothing to go back to"
    machine.install(now="1Z")
    machine.install(now="2Z")
    assert machine.install("--rollback") == 0
    assert (machine.link("current"), machine.link("previous")) == ("1Z", "2Z")
    assert machine.install("--rollback") == 0
    assert machine.link("current") == "2Z"


def test_an_update_that_fails_changes_nothing(machine: Machine) -> None:
    machine.install(now="1Z")
    assert machine.install(now="2Z", fails=True) != 0
    assert machine.link("current") == "1Z"
    assert machine.releases() == ["1Z"]


def test_the_commands_reach_the_devices_that_the_service_reaches() -> None:
    text = (SYSTEMD / "install.sh").read_text()
    [groups] = re.findall(r"usermod --append --groups (\S+) device-bridge", text)
    assert set(groups.split(",")) == set(unit()["SupplementaryGroups"][0].split())


def test_the_commands_reach_the_security_chip_that_the_service_reaches() -> None:
    """Without it they could not open what the service has sealed."""
    conf = SYSTEMD / "device-bridge-tpm.conf"
    [groups] = re.findall(
        r"^#   usermod --append --groups (\S+) device-bridge$", conf.read_text(), re.MULTILINE
    )
    assert groups.split(",") == unit(conf)["SupplementaryGroups"][0].split()


def test_the_extras_that_are_installed_exist() -> None:
    from tools.install_bridge import known_extras

    text = (SYSTEMD / "install.sh").read_text()
    [default] = re.findall(r"extras=\$\{1:-(\S+)\}", text)
    assert set(default.split(",")) <= set(known_extras())


@pytest.mark.parametrize("name", ["install.sh", "device-bridge.sh"])
def test_scripts_are_executable_and_parse(name: str) -> None:
    assert (SYSTEMD / name).stat().st_mode & 0o111
    subprocess.run(["sh", "-n", SYSTEMD / name], check=True)


def test_the_unit_is_an_ini_file_in_sections() -> None:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read(UNIT)
    assert parser.sections() == ["Unit", "Service", "Install"]
