"""Calibration on what the server holds for a paired bridge."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from typer.testing import CliRunner

from device_bridge.cli.app import app
from device_bridge.fakes.server import FakeServer
from device_bridge.wiring import evaluation as wiring_evaluation
from tests.bridge.test_sync import answer, person, vector
from tests.builders import example

PEOPLE = 12


def likeness(employee: int) -> dict[str, Any]:
    """Somebody as alike to everybody else as employees are."""
    rng = np.random.default_rng(employee)
    row = vector(0) + 0.5 * rng.standard_normal(128) / 128**0.5
    row = (row / np.linalg.norm(row)).astype("<f4")
    entry = person(employee)
    entry["templates"][0]["vector"] = base64.b64encode(row.tobytes()).decode()
    return entry


def test_the_servers_gallery_is_fetched_calibrated_and_kept_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = X25519PrivateKey.generate()
    people = [likeness(employee) for employee in range(1, PEOPLE + 1)]
    people.append({**people[3], "employee": 99, "display_name": "Twin of 4"})
    server = FakeServer(
        example("valid/config.v1.one_gate"), [answer({"people": people, "gone": []}, key)]
    )
    identity = SimpleNamespace(keys=SimpleNamespace(encryption=key))
    monkeypatch.setattr(wiring_evaluation.identities, "load", lambda _: identity)
    monkeypatch.setattr(wiring_evaluation, "client_of", lambda *_: server)

    result = tmp_path / "result.json"
    command = [
        "calibrate",
        "--state",
        str(tmp_path),
        "--target-fpir",
        "0.01",
        "--json",
        str(result),
    ]
    done = CliRunner().invoke(app, command, catch_exceptions=False)

    report = json.loads(result.read_text())
    assert (report["n_people"], report["method"]) == (PEOPLE + 1, "gumbel")
    assert report["interval"][0] <= report["estimate"] <= report["threshold"] <= 1
    assert {frozenset((pair["one"], pair["other"])) for pair in report["too_close"]} == {
        frozenset(("Person 4", "Twin of 4"))
    }
    assert "Twin of 4" in done.output
    assert [path.name for path in tmp_path.iterdir()] == ["result.json"]
    assert people[0]["templates"][0]["vector"] not in result.read_text()
