"""A bridge that is stuck falls silent, so that systemd starts it again; one that waits does not."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from device_bridge.adapters.systemd import NoManager, Systemd, manager_of
from device_bridge.api.workers import Workers
from device_bridge.domain.capture import ImageU8
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.fakes.camera import FakeCamera
from device_bridge.fakes.clock import FakeClock
from device_bridge.fakes.outbox import MemoryOutbox
from device_bridge.fakes.recognition import (
    DIMENSION,
    MODEL,
    PaintedFaceDetector,
    PaintedFaceEmbedder,
)
from device_bridge.pipeline.attend import Attendant
from device_bridge.pipeline.feedback import Several
from device_bridge.pipeline.observe import Observer
from device_bridge.pipeline.pulse import Pulse, Watchdog
from device_bridge.pipeline.server_time import ServerTime
from device_bridge.ports import Camera
from tests.builders import CHAIN, gate, painted_frame


class Manager:
    watchdog_s = 30.0

    def __init__(self) -> None:
        self.heard: list[str] = []

    def ready(self) -> None: ...

    def alive(self) -> None:
        self.heard.append("alive")

    def status(self, text: str) -> None:
        self.heard.append(text)

    def stopping(self) -> None: ...


class Now:
    s = 100.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.mark.parametrize(
    ("took_s", "stuck"), [(0, []), (30, []), (31, ["gate 1"])], ids=["new", "just in time", "late"]
)
def test_a_part_is_stuck_once_it_has_been_at_one_thing_for_too_long(
    now: Now, took_s: float, stuck: list[str]
) -> None:
    pulse = Pulse(now)
    with pulse.at_work("gate 1", at_most_s=30):
        now.s += took_s
        assert pulse.stuck() == stuck
    now.s += 1000
    assert pulse.stuck() == [], "idle, however long"


def test_a_failure_ends_the_work_too(now: Now) -> None:
    pulse = Pulse(now)
    with pytest.raises(OSError, match="disk"), pulse.at_work("gate 1", at_most_s=30):
        raise OSError("disk")
    now.s += 1000
    assert pulse.stuck() == []


def test_the_watchdog_is_silent_while_something_is_stuck_and_speaks_again_after(now: Now) -> None:
    pulse, manager = Pulse(now), Manager()
    watchdog = Watchdog(pulse, manager, every_s=10)
    with pulse.at_work("delivery", 300), pulse.at_work("gate 2", 30):
        watchdog.look()
        now.s += 60
        watchdog.look()
        watchdog.look()
    watchdog.look()
    assert manager.heard == ["alive", "Stuck: gate 2.", "alive"]


class HangingDetector(PaintedFaceDetector):
    """As a network does whose thread pool is deadlocked."""

    def __init__(self) -> None:
        self.reached, self.release = threading.Event(), threading.Event()

    def detect(self, image_bgr: ImageU8) -> tuple[object, ...]:  # type: ignore[override]
        self.reached.set()
        self.release.wait()
        return super().detect(image_bgr)


def attendant_of(camera: Camera, detector: PaintedFaceDetector, pulse: Pulse) -> Attendant:
    gallery = MatrixGallery(MODEL, DIMENSION)
    return Attendant(
        settings=gate,
        camera=camera,
        observer=Observer(detector, PaintedFaceEmbedder(), gallery),
        outbox=MemoryOutbox(3, CHAIN, lambda _: bytes(64)),
        feedback=Several(),
        clock=FakeClock(),
        server_time=ServerTime(),
        model=MODEL,
        on_commit=lambda: None,
        at_work=lambda: pulse.at_work("gate 1", 30),
    )


def test_a_gate_that_hangs_in_a_frame_is_stuck(now: Now) -> None:
    pulse, detector = Pulse(now), HangingDetector()
    attendant = attendant_of(FakeCamera([painted_frame(0, 0.0, 90)], None), detector, pulse)
    thread = threading.Thread(target=attendant.run)
    thread.start()
    detector.reached.wait()
    assert pulse.stuck() == []
    now.s += 31
    assert pulse.stuck() == ["gate 1"]
    detector.release.set()
    thread.join()
    assert pulse.stuck() == []


def test_a_picture_of_a_kiosk_that_hangs_is_noticed(now: Now) -> None:
    import asyncio

    pulse, reached, release = Pulse(now), threading.Event(), threading.Event()
    workers = Workers(1, 1, 5.0, at_work=lambda: pulse.at_work("kiosks", 300))

    def hang() -> None:
        reached.set()
        release.wait()

    def ask() -> None:
        asyncio.run(workers.run(hang))

    thread = threading.Thread(target=ask)
    thread.start()
    reached.wait()
    now.s += 301
    assert pulse.stuck() == ["kiosks"]
    release.set()
    thread.join()
    workers.close()


def test_a_service_whose_loop_hangs_is_noticed(now: Now) -> None:
    import httpx
    from fastapi import FastAPI

    from device_bridge.api.server import Server, listen

    pulse, reached, release, app = Pulse(now), threading.Event(), threading.Event(), FastAPI()

    @app.get("/hang")
    async def hang() -> None:
        reached.set()
        release.wait()

    server = Server(
        *(app, listen("127.0.0.1", 0), 20.0, 9), at_work=lambda: pulse.at_work("api", 30)
    )
    serving = threading.Thread(target=server.run)
    serving.start()
    url = f"http://127.0.0.1:{server.port}/hang"
    asking = threading.Thread(target=lambda: httpx.get(url, timeout=60))
    asking.start()
    reached.wait()
    assert pulse.stuck() == []
    now.s += 31
    assert pulse.stuck() == ["api"]
    release.set()
    asking.join()
    server.stop()
    serving.join()
    assert pulse.stuck() == []


@pytest.fixture(params=["a path", "an abstract address"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    """The address as systemd would say it, and its end of the socket."""
    name = f"test-{os.getpid()}-{id(request)}"
    path = str(tmp_path / "notify")
    told, bound = (path, path) if request.param == "a path" else (f"@{name}", f"\0{name}")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(bound)
        listening.settimeout(5)
        yield told, listening


def test_systemd_hears_what_sd_notify_would_tell_it(systemd: tuple[str, socket.socket]) -> None:
    address, listening = systemd
    manager = Systemd(address, 30.0)
    manager.ready()
    manager.alive()
    manager.status("Waiting\nfor READY=0 Odoo")
    manager.stopping()
    heard = [listening.recv(200).decode() for _ in range(4)]
    assert heard == ["READY=1", "WATCHDOG=1", "STATUS=Waiting for READY=0 Odoo", "STOPPING=1"]


def test_systemd_that_went_away_stops_nothing(tmp_path: Path) -> None:
    Systemd(str(tmp_path / "nobody"), 30.0).alive()


@pytest.mark.parametrize(
    ("environment", "watchdog_s"),
    [
        ({"NOTIFY_SOCKET": "/run/n"}, None),
        ({"NOTIFY_SOCKET": "/run/n", "WATCHDOG_USEC": "30000000"}, 30.0),
        ({"NOTIFY_SOCKET": "@n", "WATCHDOG_USEC": "500", "WATCHDOG_PID": str(os.getpid())}, 0.0005),
        ({"NOTIFY_SOCKET": "/run/n", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"NOTIFY_SOCKET": "/run/n", "WATCHDOG_USEC": "0"}, None),
        ({"NOTIFY_SOCKET": "/run/n", "WATCHDOG_USEC": "soon"}, None),
    ],
    ids=["not watched", "watched", "this process", "another process", "zero", "no number"],
)
def test_the_watch_is_what_the_environment_says(
    environment: dict[str, str], watchdog_s: float | None
) -> None:
    found = manager_of(environment)
    assert isinstance(found, Systemd)
    assert found.watchdog_s == watchdog_s


@pytest.mark.parametrize("address", ["", "vsock:2:1234", "notify"])
def test_without_systemd_nobody_is_told(address: str) -> None:
    assert isinstance(manager_of({"NOTIFY_SOCKET": address}), NoManager)
