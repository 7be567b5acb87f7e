"""docker/ hangs together: every path, command, port and pin that it names is there.

No engine runs here: docker-compose, hadolint and Caddy themselves read the files in `make check`.
"""

from __future__ import annotations

import configparser
import json
import re
import shlex
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from device_bridge.cli.app import app
from device_bridge.settings import load_settings
from tools import face_finder, install_bridge, lock, paths, python_env, site_files, wheels

DEFAULTS = tomllib.loads((paths.CLONE / "device_bridge" / "default.toml").read_text())
COMMANDS: dict[str, Any] = get_command(app).commands  # type: ignore[attr-defined]
SERVICES = ["bridge", "db", "odoo", "proxy"]


@pytest.fixture(scope="module")
def site() -> dict[str, Any]:
    done = subprocess.run(site_files.compose_config(), capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest, site: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = site["services"][request.param]
    return found


def test_these_are_the_services(site: dict[str, Any]) -> None:
    assert sorted(site["services"]) == SERVICES


def test_a_service_is_watched_limited_and_has_no_rights_to_spare(service: dict[str, Any]) -> None:
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["restart"] == "unless-stopped"
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")


def test_only_the_proxy_is_reached_from_outside(site: dict[str, Any]) -> None:
    open_ = {
        name: sorted({port["target"] for port in one["ports"]})
        for name, one in site["services"].items()
        if one.get("ports")
    }
    assert open_ == {"proxy": [80, 443]}


def test_the_database_is_in_a_network_of_its_own(site: dict[str, Any]) -> None:
    assert list(site["services"]["db"]["networks"]) == ["data"]
    assert site["networks"]["data"]["internal"] is True
    sharing = [name for name, one in site["services"].items() if "data" in one["networks"]]
    assert sharing == ["db", "odoo"]


def test_the_bridge_cannot_write_but_where_it_keeps_its_state(site: dict[str, Any]) -> None:
    bridge = site["services"]["bridge"]
    assert bridge["read_only"] is True
    assert not bridge.get("user"), "the image's own, which is not root"
    assert [(one["type"], one["target"]) for one in bridge["volumes"]] == [
        ("volume", "/var/lib/device-bridge")
    ]
    assert sorted(one.partition(":")[0] for one in bridge["tmpfs"]) == [
        "/run/device-bridge",
        "/tmp",
    ]
    assert not bridge.get("cap_add")


def test_no_secret_is_in_an_environment(service: dict[str, Any]) -> None:
    named = {name for name in service.get("environment") or {} if "PASSWORD" in name}
    assert named <= {"POSTGRES_PASSWORD_FILE", "PASSWORD_FILE"}


def test_every_secret_is_made_by_prepare(site: dict[str, Any], tmp_path: Path) -> None:
    wanted = {Path(one["file"]).relative_to(site_files.DOCKER) for one in site["secrets"].values()}
    script = tmp_path / "docker" / "prepare.sh"
    script.parent.mkdir()
    script.write_bytes((site_files.DOCKER / "prepare.sh").read_bytes())
    script.chmod(0o755)
    argv = [script, "odoo.example", "face.example", "you@example.org"]
    subprocess.run(argv, check=True, capture_output=True)
    made = {path.relative_to(script.parent) for path in (script.parent / "secrets").iterdir()}
    assert made == wanted
    assert stat.S_IMODE((script.parent / "secrets").stat().st_mode) == 0o700
    assert stat.S_IMODE((script.parent / ".env").stat().st_mode) == 0o600
    before = {path: (script.parent / path).read_bytes() for path in made}
    assert len(set(before.values())) == len(wanted)
    subprocess.run(argv, check=True, capture_output=True)
    assert {path: (script.parent / path).read_bytes() for path in made} == before, "never anew"
    environment = dict(row.split("=") for row in (script.parent / ".env").read_text().splitlines())
    assert {name: environment[name] for name in site_files.SITE} == site_files.SITE


def test_prepare_says_what_it_needs() -> None:
    done = subprocess.run(
        [site_files.DOCKER / "prepare.sh"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "usage" in done.stderr


def test_what_a_service_is_built_and_mounted_from_is_there(service: dict[str, Any]) -> None:
    build = service.get("build")
    if build:
        assert (Path(build["context"]) / build["dockerfile"]).is_file()
    for one in service.get("volumes") or []:
        assert one["type"] == "volume" or Path(one["source"]).exists()


def test_the_bridges_command_is_one(site: dict[str, Any]) -> None:
    [command] = site["services"]["bridge"]["command"]
    assert command in COMMANDS


def test_proxy_and_services_mean_the_same_ports() -> None:
    text = site_files.CADDYFILE.read_text()
    upstreams = set(re.findall(r"\{\$\w+:([a-z]+):(\d+)\}", text))
    odoo = configparser.ConfigParser()
    odoo.read(site_files.DOCKER / "odoo" / "odoo.conf")
    assert upstreams == {
        ("bridge", str(DEFAULTS["serve"]["port"])),
        ("odoo", "8069"),
        ("odoo", odoo["options"]["gevent_port"]),
    }
    dockerfile = site_files.DOCKERFILES[0].read_text()
    assert f"EXPOSE {DEFAULTS['serve']['port']}\n" in dockerfile


def test_the_images_settings_are_settings_and_lie_in_its_volumes(site: dict[str, Any]) -> None:
    found = load_settings(site_files.DOCKER / "bridge" / "settings.toml")
    assert str(found.state.directory) == "/var/lib/device-bridge"
    assert found.state.memory == "/run/device-bridge"
    assert found.state.unlock == "server"


def instructions(file: Path) -> list[list[str]]:
    joined = re.sub(r"\\\n", " ", file.read_text())
    rows = [row.strip() for row in joined.splitlines()]
    return [shlex.split(row) for row in rows if row and not row.startswith("#")]


@pytest.mark.parametrize("file", site_files.DOCKERFILES, ids=lambda file: file.parent.name)
def test_what_an_image_copies_is_there_and_sent_to_the_engine(file: Path) -> None:
    ignored = (paths.CLONE / ".dockerignore").read_text().splitlines()
    sent = [row[1:] for row in ignored if row.startswith("!")]
    copied = [
        source
        for words in instructions(file)
        if words[0] == "COPY" and not words[1].startswith("--from")
        for source in words[1:-1]
    ]
    assert copied
    for source in copied:
        assert (paths.CLONE / source).exists(), source
        assert any(source == one or source.startswith(f"{one}/") for one in sent), source


@pytest.mark.parametrize("file", site_files.DOCKERFILES, ids=lambda file: file.parent.name)
def test_an_image_does_not_end_as_root_and_names_its_bases_versions(file: Path) -> None:
    found = instructions(file)
    assert [words[1] for words in found if words[0] == "USER"][-1] not in {"root", "0"}
    for words in found:
        if words[0] == "FROM":
            assert ":" in words[1], words
            assert not words[1].endswith(":latest")


def test_the_image_of_odoo_carries_the_same_face_finder_as_set_up() -> None:
    text = site_files.DOCKERFILES[1].read_text()
    carried = re.findall(r"/src/node_modules/(\S+)", text)
    assert sorted(carried) == sorted(face_finder._FILES.values())
    assert sorted(Path(one).name for one in carried) == sorted(face_finder._FILES)


def test_the_image_of_odoo_installs_what_is_pinned() -> None:
    """Asks the package registry, through pip, for metadata only."""
    found = lock.odoo_image_wheels(Path(sys.executable), ["x86_64"])
    pinned, now = (
        set(re.findall(r"^(?:    --hash=)?([^# ]\S+)", text, re.MULTILINE))
        for text in (lock.ODOO_IMAGE_FILE.read_text(), lock._odoo_image_text(found))
    )
    assert now <= pinned
    assert {one for one in pinned - now if not one.startswith("sha256:")} == set()
    assert {one.file for one in found if one.file.endswith("none-any.whl")} <= set(
        wheels.checksums()
    ), "what has no compiled code is the very file that is tested here"


class Recorded:
    """What pip and the bridge were asked to do."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.filled: list[tuple[Path, list[str]]] = []
        self.ran: list[list[str]] = []
        monkeypatch.setattr(
            python_env, "fill", lambda env, names, _: self.filled.append((env, names))
        )
        monkeypatch.setattr(wheels, "pip", lambda _env, words, **_: self.ran.append(words))
        monkeypatch.setattr(
            install_bridge.command, "run", lambda words, **_: self.ran.append([*map(str, words)])
        )


def test_the_image_of_the_bridge_installs_what_is_locked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    [run] = [
        words
        for words in instructions(site_files.DOCKERFILES[0])
        if "tools.install_bridge" in words
    ]
    [extras] = [
        words[1].partition("=")[2]
        for words in instructions(site_files.DOCKERFILES[0])
        if words[:1] == ["ARG"]
    ]
    assert run[run.index("--extras") + 1] == "$EXTRAS"
    assert set(extras.split(",")) <= set(install_bridge.known_extras())
    recorded = Recorded(monkeypatch)
    install_bridge.install(tmp_path, extras.split(","))
    [(env, names)] = recorded.filled
    assert env == tmp_path / "env"
    assert names == python_env.bridge_requirements(("models", *extras.split(",")))
    assert set(names) <= set(lock.x86_requirements("3.11")) | {"face-recognition-models==0.3.0"}
    assert recorded.ran[0][-1] == str(paths.CLONE)
    assert {"--no-deps", "--no-index"} <= set(recorded.ran[0])


def test_an_extra_that_does_not_exist_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.install_bridge", "/nowhere", "--extras", "serve,dev"],
        cwd=paths.CLONE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "no extra 'dev'" in done.stdout + done.stderr
