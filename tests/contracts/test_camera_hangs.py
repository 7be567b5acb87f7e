"""A driver or a peer that never comes back holds up no gate, and takes no thread after thread."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, TypeVar

import numpy as np
import pytest

from device_bridge.adapters.camera import http, newest
from device_bridge.adapters.camera import live as live_module
from device_bridge.adapters.camera.live import MOST_HANGING, LiveCamera
from device_bridge.adapters.camera.source import STALL_S, Pictures
from device_bridge.adapters.onvif import device as onvif_device
from device_bridge.adapters.onvif.device import OnvifDevice
from device_bridge.adapters.system_clock import SystemClock
from device_bridge.domain.capture import ImageU8
from device_bridge.errors import CameraLost, CameraUnreadable
from device_bridge.fakes.recognition import PaintedFaceDetector
from device_bridge.pipeline.attend import Attendant
from device_bridge.pipeline.pulse import Pulse
from device_bridge.settings import CameraSettings
from device_bridge.supervisor import Supervisor
from device_bridge.wiring.cameras import open_cameras
from tests.bridge.test_watchdog import attendant_of
from tests.builders import BOOT
from tests.contracts.test_camera_trouble import live, source
from tests.peers.camera import PASSWORD, USER, free_port
from tests.peers.http_camera import http_camera
from tests.peers.mute_camera import mute_camera

T = TypeVar("T")
HEADS = {"rtsp": b"RTSP/1.0 200 OK\r\nServer: ", "http": b"HTTP/1.1 200 OK\r\nServer: "}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Until it is undone."""
    with monkeypatch.context() as patched:
        patched.setattr(live_module, "OPEN_WITHIN_S", 0.15)
        patched.setattr(live_module, "_END_WITHIN_S", 0.05)
        patched.setattr(newest, "LOST_S", 0.15)
        yield patched


@pytest.fixture(autouse=True)
def _threads_end() -> Iterator[None]:
    yield
    until(lambda: not grabbing())


def until(true: Callable[[], object], within_s: float = 15.0) -> None:
    ends_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < ends_s, "it never came"
        time.sleep(0.01)


def grabbing() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith("grab ")]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "begins", [b"", HEADS["rtsp"], HEADS["http"]], ids=["mute", "rtsp", "http"]
)
@pytest.mark.parametrize(
    "address", ["rtsp://{}/live", "http://{}/shot.jpg", "onvif://user:guess@{}"]
)
def test_a_peer_that_never_answers_is_given_up_as_often_as_it_is_tried(
    address: str, begins: bytes
) -> None:
    with mute_camera(begins) as peer:
        camera = live(source(address.format(f"127.0.0.1:{peer.port}")))
        for _ in range(MOST_HANGING + 3):
            with pytest.raises(CameraLost, match="not answer"):
                next(camera.frames())
        assert len(grabbing()) <= MOST_HANGING
        camera.close()


def test_a_camera_that_answers_again_is_opened_although_a_try_still_hangs(
    impatient: pytest.MonkeyPatch,
) -> None:
    with mute_camera(HEADS["http"]) as peer:
        camera = live(source(f"http://127.0.0.1:{peer.port}/shot.jpg"))
        with pytest.raises(CameraLost):
            next(camera.frames())
        assert len(grabbing()) == 1
        impatient.undo()
        peer.heals.set()
        assert next(camera.frames()).image_bgr.shape == (48, 64, 3)
        camera.close()


@pytest.mark.parametrize("path", ["dripping.jpg", "dripping.mjpeg"])
def test_a_picture_that_never_ends_ends_its_connection(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "_PICTURE_WITHIN_S", 0.3)
    with http_camera() as phone, pytest.raises(CameraLost, match="too long over a picture"):
        next(live(source(f"{phone.url}/{path}")).frames())


class Driver:
    """Implements source.Source, as a driver that hangs until it is let go.

    Attributes:
        hangs: in which of its calls.
        unreadable: it opens as what is no camera.
    """

    name = "camera 0"
    fresh_within_s = STALL_S

    def __init__(self, hangs: str) -> None:
        self.hangs, self.let_go, self.unreadable = hangs, threading.Event(), False

    def open(self) -> Pictures:
        if self.unreadable:
            raise CameraUnreadable("a page")
        return self._called("open", self)

    def read(self) -> ImageU8 | None:
        time.sleep(0.01)
        return self._called("read", np.zeros((48, 64, 3), np.uint8))

    def close(self) -> None:
        self._called("close", None)

    def _called(self, name: str, answer: T) -> T:
        if name == self.hangs:
            self.let_go.wait()
        return answer


@pytest.mark.parametrize("hangs", ["open", "read", "close"])
def test_a_driver_that_hangs_holds_up_nobody_and_works_again_once_it_is_let_go(
    hangs: str, impatient: pytest.MonkeyPatch
) -> None:
    driver = Driver(hangs)
    camera = LiveCamera(driver, SystemClock(), BOOT)
    for _ in range(MOST_HANGING):
        frames = camera.frames()
        if hangs == "close":
            with suppress(CameraLost):  # too slow here: it is closed all the same
                next(frames)
            frames.close()  # type: ignore[attr-defined]
        else:
            with pytest.raises(CameraLost):
                next(frames)
    with pytest.raises(CameraLost, match="camera 0 does not answer, and 3 tries hang"):
        next(camera.frames())
    assert len(grabbing()) == MOST_HANGING
    driver.hangs = ""
    driver.let_go.set()
    until(lambda: not grabbing())
    impatient.undo()
    assert next(camera.frames()).image_bgr.shape == (48, 64, 3)
    camera.close()


@pytest.mark.parametrize(
    ("gates", "error"), [((1,), CameraUnreadable), ((1, 2), CameraLost)], ids=["alone", "two gates"]
)
def test_what_is_no_camera_ends_a_bridge_of_one_gate_and_no_gate_beside_another(
    gates: tuple[int, ...], error: type[Exception]
) -> None:
    with http_camera() as phone:
        cameras = tuple(CameraSettings(gate=gate, source=f"{phone.url}/page") for gate in gates)
        device: Any = SimpleNamespace(clock=SystemClock(), boot_id=BOOT)
        for camera in open_cameras(cameras, device).values():
            with pytest.raises(error, match="text/html"):
                next(iter(camera.frames()))


def test_a_defect_in_a_driver_reaches_whoever_asks_for_frames() -> None:
    class Defect(Driver):
        def read(self) -> ImageU8 | None:
            raise ZeroDivisionError("a defect")

    with pytest.raises(ZeroDivisionError, match="a defect"):
        next(LiveCamera(Defect(""), SystemClock(), BOOT).frames())


def test_what_was_a_camera_before_is_lost_and_not_unreadable() -> None:
    """One that starts up may answer with a page; for ever unreadable would end the gate."""
    driver = Driver("")
    camera = LiveCamera(driver, SystemClock(), BOOT)
    driver.unreadable = True
    with pytest.raises(CameraUnreadable):
        next(camera.frames())
    driver.unreadable = False
    next(camera.frames())
    driver.unreadable = True
    with pytest.raises(CameraLost, match="a page"):
        next(camera.frames())
    camera.close()


def test_told_to_stop_it_waits_for_no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "OPEN_WITHIN_S", 600.0)
    driver = Driver("open")
    camera = LiveCamera(driver, SystemClock(), BOOT)
    frames: list[object] = []
    looking = threading.Thread(target=lambda: frames.extend(camera.frames()))
    looking.start()
    until(grabbing)
    camera.close()
    looking.join(10)
    assert not looking.is_alive()
    driver.let_go.set()


@pytest.mark.usefixtures("impatient")
def test_a_gate_whose_camera_hangs_says_so_and_the_gate_beside_it_goes_on() -> None:
    driver, pulse, supervisor = Driver("open"), Pulse(), Supervisor()
    cameras = [LiveCamera(one, SystemClock(), BOOT) for one in (driver, Driver(""))]
    gates = [attendant_of(camera, PaintedFaceDetector(), pulse) for camera in cameras]
    for number, gate in enumerate(gates):
        supervisor.start(f"gate {number}", gate.run)
    until(lambda: states(gates) == ["lost", "ok"])
    seen = gates[1].frames
    until(lambda: gates[1].frames > seen)
    assert pulse.stuck() == [], "nothing to start the whole bridge again for"
    driver.hangs = ""
    driver.let_go.set()
    until(lambda: states(gates) == ["ok", "ok"])
    supervisor.stop.set()
    for camera in cameras:
        camera.close()
    assert supervisor.join(10)


def states(gates: list[Attendant]) -> list[str]:
    now_s = SystemClock().monotonic_s()
    return [one.camera_state(now_s) for one in gates]


def test_a_device_that_does_not_hang_up_is_left_and_its_thread_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def hang(_device: OnvifDevice) -> None:
        await asyncio.sleep(600)

    monkeypatch.setattr(onvif_device, "_CLOSE_WITHIN_S", 0.05)
    monkeypatch.setattr(OnvifDevice, "_hang_up", hang)
    device = OnvifDevice("127.0.0.1", free_port(), USER, PASSWORD)
    with pytest.raises(CameraLost):
        device.profiles()
    device.close()
    until(lambda: "onvif 127.0.0.1" not in [one.name for one in threading.enumerate()])
