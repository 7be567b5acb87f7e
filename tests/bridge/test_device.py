"""What every paired device has: lines to Odoo with one token, and parts it cannot do without."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from device_bridge.adapters.odoo.identity import Identity, Keys, load, save
from device_bridge.adapters.unlock import seal_of
from device_bridge.domain.event import Outcome, Sighting
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.domain.punch_clock import read_terminals
from device_bridge.errors import CameraUnreadable, StorageDamaged
from device_bridge.fakes.recognition import (
    DIMENSION,
    MODEL,
    PaintedFaceDetector,
    PaintedFaceEmbedder,
)
from device_bridge.pipeline.feedback import Several
from device_bridge.pipeline.sync import Sync
from device_bridge.settings import CameraSettings, Settings, TerminalSettings, load_settings
from device_bridge.wiring import bridge as run_wiring
from device_bridge.wiring.device import Device
from device_bridge.wiring.serve import _own_client
from device_bridge.wiring.terminals import collectors_of
from tests.builders import CHAIN, START, at, example, gate

TERMINAL = 5


class Odoo:
    """Asks for a new token with each heartbeat; remembers who called what with which."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        odoo = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                call = self.path.rpartition("/")[2]
                odoo.calls.append((call, self.headers["Authorization"].removeprefix("Bearer ")))
                body = json.dumps(odoo.answer(call, asked)).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    @staticmethod
    def answer(call: str, asked: dict[str, Any]) -> dict[str, Any]:
        if call == "heartbeat":
            return {"server_time": "2026-11-20T07:57:03.123Z", "rotate": "token"}
        kept = asked.get("events", [])
        return {"results": [{"uuid": one["uuid"], "status": "accepted"} for one in kept]}


@pytest.fixture
def odoo() -> Iterator[Odoo]:
    one = Odoo()
    thread = threading.Thread(target=one.server.serve_forever, args=(0.05,))
    thread.start()
    yield one
    one.server.shutdown()
    thread.join()
    one.server.server_close()


@pytest.fixture
def settings(odoo: Odoo, tmp_path: Path) -> Settings:
    identity = Identity(odoo.url, "db", 3, "Door", CHAIN, "fd_old", Keys.generate(), bytes(32))
    save(identity, tmp_path / "identity.json")
    chosen = load_settings(None)
    state = chosen.state.model_copy(update={"directory": tmp_path, "unlock": "local"})
    terminal = TerminalSettings(terminal=TERMINAL, address="http://127.0.0.1:9/clock", every_s=60)
    camera = CameraSettings(gate=1, source="0")
    return chosen.model_copy(update={"state": state, "terminal": (terminal,), "camera": (camera,)})


@pytest.fixture
def device(settings: Settings) -> Iterator[Device]:
    identity = load(settings.state.identity)
    gallery = MatrixGallery(MODEL, DIMENSION)
    one = Device(settings, identity, gallery, Several(), list, lambda _: None)
    yield one
    one.outbox.close()


def test_a_new_token_reaches_every_line_to_odoo(
    odoo: Odoo, settings: Settings, device: Device
) -> None:
    device.sync._terminals = read_terminals(example("valid/config.v1.terminals"))
    [collector] = collectors_of(settings, device).values()
    enrolments = _own_client(device)
    collector.step()
    enrolments().erasures([])
    device.sync.beat()
    collector.step()
    enrolments().erasures([])
    later = device.client("somebody new")
    later.terminals([])
    before, after = odoo.calls[:4], odoo.calls[4:]
    assert [call for call, _ in before] == ["terminals", "erasures", "heartbeat", "rotation"]
    assert {token for _, token in before} == {"fd_old"}
    assert [call for call, _ in after] == ["terminals", "erasures", "terminals"]
    [new] = {token for _, token in after}
    assert new.startswith("fd_")
    assert new != "fd_old"


def damaged(*_: object) -> None:
    raise StorageDamaged("the card")


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bridge without models, whose gate is synced."""
    engine = (PaintedFaceDetector(), PaintedFaceEmbedder())
    monkeypatch.setattr(run_wiring, "engine_of", lambda _: engine)
    monkeypatch.setattr(Sync, "pull", pull)


@pytest.mark.usefixtures("painted")
def test_what_the_start_before_left_is_delivered_though_the_recording_is_over(
    odoo: Odoo, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def over(*_: object) -> None:
        raise CameraUnreadable("day.avi has been played through already")

    monkeypatch.setattr(run_wiring, "open_cameras", over)
    one = run_wiring.Bridge(settings, lambda _: None, None)
    one._device.outbox.unlock(seal_of(bytes(32), bytes(32)))
    one._device.outbox.commit(Sighting(1, Outcome.NO_CANDIDATE, at(0)))
    with pytest.raises(CameraUnreadable, match="played through"):
        one.run()
    assert [call for call, _ in odoo.calls].count("events") == 1


@pytest.mark.usefixtures("painted")
@pytest.mark.parametrize("part", ["sync", "delivery"])
def test_a_bridge_without_sync_or_delivery_ends_so_that_it_is_started_anew(
    part: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What erases people, ends leases and brings events to Odoo never ends quietly."""
    monkeypatch.setattr(run_wiring, "open_cameras", lambda *_: {1: EndlessCamera()})
    monkeypatch.setattr(Sync, "run", damaged if part == "sync" else wait)
    one = run_wiring.Bridge(settings, lambda _: None, None)
    if part == "delivery":
        monkeypatch.setattr(one._device.delivery, "run", damaged)
    with pytest.raises(StorageDamaged, match="the card"):
        one.run()


def pull(sync: Sync) -> None:
    sync._gates = sync._known = {1: gate()}
    sync._server_time.measured(0.0, START, 0.0)


def wait(_sync: Sync, stop: threading.Event) -> None:
    stop.wait()


class EndlessCamera:
    """Implements ports.Camera; nobody comes."""

    def __init__(self) -> None:
        self._closed = threading.Event()

    def frames(self) -> Iterator[Any]:
        self._closed.wait()
        yield from ()

    def close(self) -> None:
        self._closed.set()
