"""What waits and what was rejected can be seen, tried again and taken away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from device_bridge.adapters.odoo.identity import Identity, Keys, save
from device_bridge.adapters.sqlite.outbox import SqliteOutbox
from device_bridge.adapters.unlock import seal_of
from device_bridge.cli.app import app
from device_bridge.domain.event import Outcome, Sighting
from device_bridge.errors import SettingsError
from tests.builders import CHAIN, at


@pytest.fixture
def rejected(tmp_path: Path) -> list[str]:
    """Two events that Odoo rejected and one that waits; their UUIDs in that order."""
    keys = Keys.generate()
    identity = Identity("http://localhost:1", "db", 3, "Front door", CHAIN, "fd_x", keys, b"s" * 32)
    save(identity, tmp_path / "identity.json")
    seal = seal_of(identity.storage_secret, bytes(32))
    box = SqliteOutbox(tmp_path / "outbox.sqlite", 3, CHAIN, keys.signing.sign, seal=seal)
    uuids = [
        box.commit(Sighting(7, Outcome.IDENTIFIED, at(second), employee=4711))["uuid"]
        for second in range(3)
    ]
    box.park(uuids[0], "unknown_gate")
    box.park(uuids[1], "malformed")
    box.close()
    return uuids


def said(tmp_path: Path, *arguments: str) -> str:
    settings = tmp_path / "bridge.toml"
    settings.write_text('[state]\nunlock = "local"\n')
    told = ["--state", str(tmp_path), "--settings", str(settings)]
    done = CliRunner().invoke(app, ["outbox", *arguments, *told])
    if done.exception is not None:
        raise done.exception
    return done.output


def test_the_list_says_why_and_names_nobody(tmp_path: Path, rejected: list[str]) -> None:
    text = said(tmp_path, "list")
    assert "1 wait, 2 were rejected." in text
    assert all(uuid in text for uuid in rejected[:2])
    assert "add it, then retry" in text
    assert "4711" not in text
    assert rejected[2] in said(tmp_path, "list", "--which", "pending")


def test_one_or_all_are_tried_again(tmp_path: Path, rejected: list[str]) -> None:
    assert said(tmp_path, "retry", rejected[1]).startswith("1 will")
    assert said(tmp_path, "retry").startswith("1 will")
    assert "3 wait, 0 were rejected." in said(tmp_path, "list")


def test_an_export_is_the_owners_and_overwrites_nothing(
    tmp_path: Path, rejected: list[str]
) -> None:
    file = tmp_path / "rescue.jsonl"
    assert "2 events" in said(tmp_path, "export", str(file))
    assert file.stat().st_mode & 0o077 == 0
    found = [json.loads(line) for line in file.read_text().splitlines()]
    assert [event["uuid"] for event in found] == rejected[:2]
    assert found[0]["employee"] == 4711
    with pytest.raises(SettingsError, match="cannot be written"):
        said(tmp_path, "export", str(file))


def test_a_state_that_is_none_is_named(tmp_path: Path, rejected: list[str]) -> None:
    with pytest.raises(SettingsError, match="choose from"):
        said(tmp_path, "list", "--which", "lost")
