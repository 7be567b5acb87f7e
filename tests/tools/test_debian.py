"""What is asked of Debian, and what is left as it was."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tools import command, debian


def test_the_mirror_is_the_machines_own() -> None:
    (mirror, *_rest) = debian.mirrors()
    assert mirror.startswith(("http", "file:", "mirror", "copy:"))


@pytest.mark.parametrize(
    ("node", "wanted"), [("v20.20.2", False), ("v18.0.0", False), ("v16.2.0", True), ("", True)]
)
def test_node_comes_from_debian_unless_the_machine_has_a_newer_one(
    node: str, wanted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if node:
        for name in ("node", "npm"):
            (tmp_path / name).write_text(f"#!/bin/sh\necho {node}\n")
            (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ("nodejs" in debian.wanted()) is wanted


@pytest.mark.parametrize(("version", "name"), [("12", "libmagic1"), ("13", "libmagic1t64")])
def test_names_follow_the_release(version: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "release", lambda: ("debian", version))
    assert name in debian.wanted()


def test_with_a_server_of_ones_own_only_its_clients_are_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PGHOST", raising=False)
    monkeypatch.setattr(debian, "postgres_bin", lambda: None)
    assert "postgresql" in debian.wanted()
    monkeypatch.setenv("PGHOST", "db.example")
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    assert "postgresql-client" in debian.wanted()
    assert "postgresql" not in debian.wanted()


def test_nothing_of_this_machine_is_missing_after_set_up() -> None:
    assert debian.missing() == []


def test_a_package_that_does_not_exist_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "wanted", lambda: ["dpkg", "no-such-package"])
    assert debian.missing() == ["no-such-package"]


def test_a_package_that_was_only_unpacked_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "wanted", lambda: ["dpkg"])
    states = {"dpkg": "installed", "npm": "unpacked", "nodejs": "installed"}
    monkeypatch.setattr(debian, "_states", lambda _names: states)
    assert debian.missing() == ["npm"]


def test_an_interrupted_installation_is_finished_first(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []
    broken = subprocess.CompletedProcess([], 0, stdout="x is half-configured")
    monkeypatch.setattr(subprocess, "run", lambda *_a, **_k: broken)
    monkeypatch.setattr(command, "run", lambda argv, **_: ran.append(argv))
    debian.install(["x"])
    assert [(*argv[:2], argv[-1]) for argv in ran] == [
        ("apt-get", "update", "update"),
        ("dpkg", "--configure", "--force-confold"),
        ("apt-get", "install", "--fix-broken"),
        ("apt-get", "install", "x"),
    ]


@pytest.mark.parametrize("fails", [False, True])
def test_no_cluster_of_debians_is_made_and_the_setting_is_taken_back(
    fails: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debian, "_CLUSTER_SETTINGS", tmp_path / "postgresql-common")
    seen: list[str] = []
    try:
        with debian._no_system_cluster(["npm", "postgresql"]):
            seen += [each.read_text() for each in tmp_path.rglob("*.conf")]
            if fails:
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        assert fails
    assert "create_main_cluster = false" in "".join(seen)
    assert list(tmp_path.rglob("*.conf")) == []


def test_without_postgresql_to_install_nothing_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debian, "_CLUSTER_SETTINGS", tmp_path)
    with debian._no_system_cluster(["npm"]):
        assert list(tmp_path.rglob("*")) == []
