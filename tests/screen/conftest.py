"""A gate whose camera and screen are a browser, with real recognition and an Odoo that is away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from device_bridge.adapters.camera.pushed import PushedCamera
from device_bridge.adapters.face_deepface.registry import Registry
from device_bridge.adapters.images import read_image
from device_bridge.adapters.system_clock import SystemClock
from device_bridge.domain.capture import ImageU8
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.domain.gate import Gate
from device_bridge.domain.template import Person
from device_bridge.errors import CameraLost, ServerUnreachable
from device_bridge.fakes.outbox import MemoryOutbox
from device_bridge.fakes.server import FakeServer
from device_bridge.pipeline.attend import Attendant
from device_bridge.pipeline.deliver import Delivery
from device_bridge.pipeline.observe import Observer
from device_bridge.pipeline.server_time import ServerTime
from device_bridge.screen.app import Screen, build
from device_bridge.screen.board import Board
from device_bridge.screen.keys import Keys
from device_bridge.screen.server import ScreenServer, listen
from tests.builders import BOOT, CHAIN, gate
from tests.streams import frames, puppet_of_package, write_mjpeg

DANA = 41
CHROMIUM = "/usr/bin/chromium"
FAKE_CAMERA = [
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--no-sandbox",
    "--disable-background-networking",
]


@dataclass
class Unit:
    """A phone or tablet as a full unit."""

    folder: Path
    registry: Registry
    photo: ImageU8
    gate: Gate | None = field(default_factory=lambda: gate(name="Workshop", language="en"))
    with_camera: bool = True

    def __post_init__(self) -> None:
        self.stop = threading.Event()
        self.board, self.outbox = Board(), MemoryOutbox(3, CHAIN, lambda _: bytes(64))
        self.server = FakeServer({"etag": "1"}, [{}])
        self.server.down = ServerUnreachable("Odoo is stopped.")
        self.delivery = Delivery(self.outbox, self.server, self.board)
        self.camera = PushedCamera("The page", SystemClock(), BOOT)
        self.lost = 0
        self._threads: list[threading.Thread] = []
        listener = listen(0)
        self.port = int(listener.getsockname()[1])
        self.url = f"http://localhost:{self.port}/"
        self.keys = Keys(self.folder, self.url)
        push = self.camera.push if self.with_camera else None
        screen = Screen(self.keys, self.board, self._shown, lambda: push, self.port)
        self.web = ScreenServer(build(screen), listener)
        self._begin(self.web.run)

    def attend(self) -> None:
        """Recognition and delivery begin."""
        assert self.gate is not None
        detector, embedder = self.registry.detector(), self.registry.embedder()
        chip = embedder.align(self.photo, detector.detect(self.photo)[0])
        gallery = MatrixGallery(embedder.model, embedder.dimension)
        gallery.update([Person(DANA, "Dana Okoye", embedder.embed([chip]))], [])
        self.board.gate_id = self.gate.id
        attendant = Attendant(
            settings=lambda: self.gate or gate(),
            camera=self.camera,
            observer=Observer(detector, embedder, gallery),
            outbox=self.outbox,
            feedback=self.board,
            clock=SystemClock(),
            server_time=ServerTime(),
            model=embedder.model,
            on_commit=self.delivery.wake,
        )
        self._begin(lambda: self._watch(attendant))
        self._begin(lambda: self.delivery.run(self.stop))

    def end(self) -> None:
        self.stop.set()
        self.camera.close()
        self.delivery.wake()
        self.web.stop()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()

    def wait_for(self, what: Callable[[], bool], within_s: float = 15.0) -> None:
        ends_s = time.monotonic() + within_s
        while not what():
            assert time.monotonic() < ends_s, "it did not come"
            time.sleep(0.05)

    def _watch(self, attendant: Attendant) -> None:
        while not self.stop.is_set():
            try:
                attendant.run()
            except CameraLost:
                self.lost += 1

    def _shown(self) -> Gate | None:
        return self.gate

    def _begin(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work)
        thread.start()
        self._threads.append(thread)


@pytest.fixture(scope="session")
def registry(weights_home: Path) -> Registry:
    return Registry(weights_home)


@pytest.fixture(scope="session")
def photo(faces_dir: Path) -> ImageU8:
    return read_image(faces_dir / "face_recognition" / "obama.jpg")


@pytest.fixture
def make_unit(tmp_path: Path, registry: Registry, photo: ImageU8) -> Iterator[Any]:
    made: list[Unit] = []

    def make(**settings: Any) -> Unit:
        made.append(Unit(tmp_path, registry, photo, **settings))
        return made[-1]

    yield make
    for unit in made:
        unit.end()


@pytest.fixture(scope="session")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the browser's camera sees: somebody who stands there."""
    path = tmp_path_factory.mktemp("stream") / "dana.mjpeg"
    puppet = puppet_of_package("obama")
    write_mjpeg(path, frames(puppet, "neutral 2"))
    return path


@pytest.fixture(scope="session")
def browser(stream: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        args = [*FAKE_CAMERA, f"--use-file-for-fake-video-capture={stream}"]
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=args)
        yield running
        running.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    one = browser.new_context(permissions=["camera"], viewport={"width": 1280, "height": 800})
    yield one
    one.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    opened.problems = problems  # type: ignore[attr-defined]
    return opened
