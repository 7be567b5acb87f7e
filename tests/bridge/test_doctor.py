"""What doctor judges, writes and signs, and what it says of a real camera."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from device_bridge.adapters.odoo.identity import Identity, Keys, save
from device_bridge.cli.app import app
from device_bridge.domain import diagnosis
from device_bridge.domain.canonical import canonical
from device_bridge.domain.diagnosis import Check, Finding, Level, worst
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.domain.sheet import write_sheet
from device_bridge.errors import ServerUnreachable
from device_bridge.fakes.camera import FakeCamera
from device_bridge.fakes.clock import FakeClock
from device_bridge.fakes.recognition import (
    DIMENSION,
    MODEL,
    PaintedFaceDetector,
    PaintedFaceEmbedder,
)
from device_bridge.pipeline.examine_gate import watch
from device_bridge.pipeline.observe import Observer
from tests.builders import CHAIN, ROOT, example, gate, painted_frame

JUDGED: list[tuple[str, Callable[[], Finding], Level]] = [
    ("fifteen frames", lambda: diagnosis.frame_rate(15), Level.OK),
    ("seven frames", lambda: diagnosis.frame_rate(7), Level.WARN),
    ("two frames", lambda: diagnosis.frame_rate(2), Level.FAIL),
    ("nobody at the mark", lambda: diagnosis.face_size(None, 44), Level.WARN),
    ("a face too small", lambda: diagnosis.face_size(40, 44), Level.FAIL),
    ("a face barely large enough", lambda: diagnosis.face_size(50, 44), Level.WARN),
    ("a large face", lambda: diagnosis.face_size(120, 44), Level.OK),
    ("large for most, small for this gate", lambda: diagnosis.face_size(120, 110), Level.WARN),
    ("darkness", lambda: diagnosis.light(20, 0), Level.FAIL),
    ("dusk", lambda: diagnosis.light(45, 0), Level.WARN),
    ("daylight", lambda: diagnosis.light(120, 0), Level.OK),
    ("the sun", lambda: diagnosis.light(200, 0.6), Level.FAIL),
    ("no face to light", lambda: diagnosis.light(None, 0), Level.SKIPPED),
    ("quick", lambda: diagnosis.latency(400, "here"), Level.OK),
    ("slow", lambda: diagnosis.latency(1500, "here"), Level.WARN),
    ("hopeless", lambda: diagnosis.latency(4000, "here"), Level.FAIL),
    ("a right clock", lambda: diagnosis.clock(-40), Level.OK),
    ("a clock a little off", lambda: diagnosis.clock(9_000), Level.WARN),
    ("a clock an hour off", lambda: diagnosis.clock(-3_600_000), Level.FAIL),
    ("a clock nobody compared", lambda: diagnosis.clock(None), Level.SKIPPED),
    ("room for years", lambda: diagnosis.disk(2_000_000), Level.OK),
    ("room for a week", lambda: diagnosis.disk(70_000), Level.WARN),
    ("a full disk", lambda: diagnosis.disk(0), Level.FAIL),
]


@pytest.mark.parametrize(("name", "judge", "level"), JUDGED, ids=[one[0] for one in JUDGED])
def test_a_measure_has_a_level_and_what_is_not_in_order_has_advice(
    name: str, judge: Callable[[], Finding], level: Level
) -> None:
    found = judge()
    assert found.level is level
    assert bool(found.advice) == (level in {Level.WARN, Level.FAIL})


def test_the_worst_line_is_the_verdict() -> None:
    lines = [diagnosis.clock(None), diagnosis.clock(0), diagnosis.clock(9_000)]
    assert [worst(lines[:n]) for n in range(4)] == ["skipped", "skipped", "ok", "warn"]


@pytest.mark.parametrize(
    ("observe_ms", "fps", "expected"),
    [(10, 15, 2 * 1000 / 15 + 10 + 5), (200, 15, 3 * 200 + 5), (10, 1, 2 * 1000 + 10 + 5)],
    ids=["waits for frames", "waits for itself", "waits for a slow camera"],
)
def test_an_outcome_takes_as_long_as_its_looks(
    observe_ms: float, fps: float, expected: float
) -> None:
    assert diagnosis.outcome_ms(observe_ms, 5, fps, votes=3) == pytest.approx(expected)


def test_the_words_of_the_wire_are_the_bridges() -> None:
    schema = json.loads((ROOT / "wire" / "doctor.v1.schema.json").read_text())["properties"]
    line = schema["checks"]["items"]["properties"]
    assert line["check"]["enum"] == [str(one) for one in Check]
    assert line["level"]["enum"] == schema["verdict"]["enum"] == [str(one) for one in Level]


def test_a_sheet_is_signed_by_the_device() -> None:
    key = Ed25519PrivateKey.generate()
    sheet = write_sheet(
        [diagnosis.frame_rate(14.96), Finding(Check.CAMERA, Level.OK, "x" * 999)],
        uuid="4d3a7b52-5d0e-4b43-9a0c-3a2e6d3f8c01",
        gate=3,
        made_at=datetime(2026, 11, 20, tzinfo=UTC),
        machine="a board",
        bridge_version="0.1.0",
        sign=key.sign,
    )
    signature = base64.b64decode(sheet.pop("signature"))
    key.public_key().verify(signature, hashlib.sha256(canonical(sheet)).digest())
    assert max(len(one["text"]) for one in sheet["checks"]) == 300


def test_the_published_sheet_is_signed_by_the_published_key() -> None:
    sheet = example("valid/doctor.v1.sheet")
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key()
    signature = base64.b64decode(sheet.pop("signature"))
    key.verify(signature, hashlib.sha256(canonical(sheet)).digest())


def look(*colours: int) -> Any:
    frames = [painted_frame(number, number / 10, *colours) for number in range(1, 40)]
    detector, embedder = PaintedFaceDetector(), PaintedFaceEmbedder()
    observer = Observer(detector, embedder, MatrixGallery(MODEL, DIMENSION))
    return watch(FakeCamera(frames), gate(), observer, detector, embedder, FakeClock(), 2.0)


def test_a_gate_is_watched_for_so_long_and_measured() -> None:
    view = look(90)
    assert (view.fps, view.face_px) == (pytest.approx(10), 120)
    assert view.brightness == pytest.approx(90, abs=15)
    assert view.observe_ms is not None


def test_a_gate_where_nobody_stands_is_measured_as_far_as_it_goes() -> None:
    view = look()
    assert (view.fps, view.face_px, view.observe_ms) == (pytest.approx(10), None, None)


@pytest.fixture
def paired(tmp_path: Path) -> Path:
    keys = Keys.generate()
    one = Identity("http://127.0.0.1:9", "db", 3, "Door", CHAIN, "token", keys)
    save(one, tmp_path / "state" / "identity.json")
    text = '[state]\ndirectory = "{}"\n[[camera]]\ngate = 3\nsource = "rtsp://u:pw@127.0.0.1:9/x"\n'
    (tmp_path / "bridge.toml").write_text(text.format(tmp_path / "state"))
    return tmp_path / "bridge.toml"


def test_the_command_names_what_is_wrong_and_ends_with_the_worst(paired: Path) -> None:
    asked = ["doctor", "--settings", str(paired), "--json"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 3, done.output
    [sheet] = json.loads(done.output)
    levels = {one["check"]: one["level"] for one in sheet["checks"]}
    assert levels == {
        "camera": "fail",
        "server": "fail",
        "clock": "skipped",
        "weights": "ok",
        "disk": levels["disk"],
        "voice": "skipped",
        "relay": "skipped",
    }
    assert all(one["advice"] for one in sheet["checks"] if one["level"] == "fail")
    assert "pw" not in json.dumps(sheet["checks"])


def test_a_server_that_answers_is_compared_and_told(
    paired: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    config = example("valid/config.v1.one_gate")
    config["gates"][0]["id"] = 3
    config["server_time"] = datetime.now(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
    client = "device_bridge.adapters.odoo.client.OdooClient"
    monkeypatch.setattr(f"{client}.config", lambda _self, _etag: config)
    monkeypatch.setattr(f"{client}.commissioning", lambda _self, sheet: told.append(sheet))
    done = CliRunner().invoke(app, ["doctor", "--settings", str(paired)])
    assert done.exit_code == 3
    assert "✓ clock" in done.output
    assert [sheet["gate"] for sheet in told] == [3]

    def away(_self: Any, _sheet: Any) -> None:
        raise ServerUnreachable("Odoo went away.")

    monkeypatch.setattr(f"{client}.commissioning", away)
    assert "was not kept" in CliRunner().invoke(app, ["doctor", "--settings", str(paired)]).output
