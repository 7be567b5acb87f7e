"""Bad input ends in one clear sentence on the right side, and nothing has changed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import requests

from tests.builders import example
from tests.e2e.conftest import World
from tools.demo.site import BRIDGE


def bridge(world: World, *arguments: str, timeout_s: float = 60) -> tuple[int, str]:
    """Exit code and everything a command of the bridge said."""
    done = subprocess.run(
        [BRIDGE, *arguments, "--state", world.site.folder / "state"],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def counts(world: World) -> dict[str, int]:
    models = ("hr.face.event", "hr.face.template", "hr.attendance", "hr.face.consent")
    return {model: world.site.api.call(model, "search_count", []) for model in models}


@pytest.fixture(autouse=True)
def nothing_changes(world: World) -> Iterator[None]:
    before = counts(world)
    yield
    assert counts(world) == before


def picture(path: Path) -> Path:
    cv2.imwrite(str(path), np.full((400, 400, 3), 128, np.uint8))
    return path


def token(world: World) -> str:
    identity = json.loads((world.site.folder / "state" / "identity.json").read_text())
    return str(identity["token"])


def post(world: World, path: str, body: bytes, bearer: str | None = None) -> requests.Response:
    return requests.post(
        f"{world.site.web.base_url}/hr_face_attendance/v1{path}",
        data=body,
        headers={
            "Authorization": f"Bearer {token(world) if bearer is None else bearer}",
            "Content-Type": "application/json",
        },
        timeout=20,
    )


@pytest.mark.parametrize(
    ("camera", "says"),
    [
        ("{gate}=/nothing/there", "no camera, folder or file at /nothing/there"),
        ("{gate}=/etc/hostname", "no video that can be played"),
        ("{gate}={recording}#cellar", "no view 'cellar'"),
        ("999={recording}#side", "Gate 999 is not this device's"),
        ("front", "GATE=SOURCE"),
    ],
)
def test_an_unusable_camera_is_named(world: World, camera: str, says: str) -> None:
    gate = next(iter(world.site.gates))
    text = camera.format(gate=gate, recording=world.recording)
    code, said = bridge(world, "run", "--camera", text)
    assert (code, says in said) == (2, True), said
    assert "Traceback" not in said


def test_a_photo_that_is_empty_no_photo_or_without_a_face_is_named(
    world: World, tmp_path: Path
) -> None:
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "text.jpg").write_text("hello")
    picture(tmp_path / "wall.jpg")
    photos = [str(path) for path in sorted(tmp_path.iterdir())]
    code, said = bridge(world, "enrol", "--badge", "F001", *photos)
    assert code == 2
    for words in ("empty.jpg is empty", "text.jpg is no JPEG", "wall.jpg: not used: no face"):
        assert words in said


def test_somebody_without_consent_is_not_enrolled(world: World) -> None:
    code, said = bridge(world, "enrol", "--badge", "F013", str(world.photos[0]))
    assert (code, "no consent is recorded" in said) == (2, True), said


def test_an_unknown_badge_is_not_enrolled(world: World) -> None:
    code, said = bridge(world, "enrol", "--badge", "NOBODY", str(world.photos[0]))
    assert (code, "no such employee" in said) == (2, True), said


def test_a_wrong_pairing_code_changes_nothing(world: World) -> None:
    before = token(world)
    code, said = bridge(world, "pair", "--url", world.site.web.base_url, "--code", "0000-0000")
    assert (code, "not known" in said) == (2, True), said
    assert token(world) == before


def test_a_server_that_is_not_there_is_named(world: World) -> None:
    code, said = bridge(world, "pair", "--url", "http://127.0.0.1:9", "--code", "0000-0000")
    assert (code, "does not answer" in said) == (2, True), said


def test_a_malformed_event_is_rejected_and_the_others_are_judged(world: World) -> None:
    bad = example("invalid/event.v1.no_uuid")["document"]
    foreign = example("valid/event.v1.identified")
    answer = post(world, "/events", json.dumps({"events": [bad, foreign]}).encode())
    first, second = answer.json()["results"]
    assert (first["status"], first["reason"], first["field"]) == ("rejected", "malformed", "uuid")
    assert second["status"] == "rejected"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed"),
        (b"[]", 400, "malformed"),
        (b'{"events": []}', 400, "malformed"),
        (b'{"events": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, "malformed"),
        (b'{"events": [NaN]}', 400, "malformed"),
        (b"x" * 1_100_000, 413, "body_too_large"),
    ],
    ids=["no JSON", "no object", "no events", "deep", "not a number", "too large"],
)
def test_a_body_that_is_none(world: World, body: bytes, status: int, code: str) -> None:
    answer = post(world, "/events", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_an_unknown_token_is_refused(world: World) -> None:
    answer = post(world, "/events", b"{}", bearer="fd_" + "A" * 43)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_token")


def set_token_days(world: World, days: Any) -> None:
    name = "hr_face_attendance.token_days"
    world.site.api.call("ir.config_parameter", "set_param", name, days)


def test_an_expired_token_is_refused_and_pairing_again_mends_it(world: World) -> None:
    set_token_days(world, -1)
    world.site.pair()
    answer = post(world, "/events", b"{}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "token_expired")
    gate = next(iter(world.site.gates))
    code, said = bridge(world, "run", "--camera", f"{gate}={world.recording}#side")
    assert (code, "pair the device again" in said) == (2, True), said
    set_token_days(world, 365)
    world.site.pair()
    assert post(world, "/events", b'{"events": []}').status_code == 400
