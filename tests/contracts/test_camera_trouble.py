"""What cameras do on a bad day: absent, locked, frozen, restarted; said clearly, never fatal."""

from __future__ import annotations

import itertools
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from device_bridge.adapters.camera.live import LiveCamera
from device_bridge.adapters.camera.newest import LOST_S
from device_bridge.adapters.camera.pi import PiSource
from device_bridge.adapters.camera.pushed import PushedCamera
from device_bridge.adapters.camera.source import Source
from device_bridge.adapters.system_clock import SystemClock
from device_bridge.domain.capture import Frame
from device_bridge.errors import CameraLost, CameraRefused, CameraUnreadable, SettingsError
from device_bridge.settings import CameraSettings
from device_bridge.wiring.cameras import source_of
from tests.builders import BOOT
from tests.peers.camera import PASSWORD, USER, RealCamera, free_port
from tests.peers.http_camera import HttpCamera, http_camera
from tests.peers.rtsp_guard import rtsp_guard

SECRET = "correct-horse"


def source(address: str, user: str = "", password: str = "", view: str = "") -> Source:
    set_so = CameraSettings(gate=1, source=address, user=user, password=password, view=view)
    found = source_of(set_so)
    assert found is not None
    return found


def live(one: Source) -> LiveCamera:
    return LiveCamera(one, SystemClock(), BOOT)


def first(camera: LiveCamera) -> Frame:
    frame = next(camera.frames())
    camera.close()
    return frame


ABSENT = ["rtsp://{}/live", "http://{}/video", "onvif://{}", "onvif://{}#snapshot"]


@pytest.mark.parametrize("address", ABSENT)
def test_a_camera_that_is_not_there_is_lost_and_its_password_is_not_named(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url, _, view = address.format(f"{USER}:{SECRET}@127.0.0.1:{free_port()}").partition("#")
    with pytest.raises(CameraLost, match=r"127\.0\.0\.1") as caught:
        first(live(source(url, view=view)))
    assert not isinstance(caught.value, CameraRefused)
    assert SECRET not in str(caught.value) + caplog.text


def test_a_password_does_not_reach_the_error_stream_either() -> None:
    script = (
        "from device_bridge.settings import CameraSettings\n"
        "from device_bridge.wiring.cameras import source_of\n"
        f"one = CameraSettings(gate=1, source='rtsp://u:{SECRET}@127.0.0.1:9/live')\n"
        "print(repr(one.password), source_of(one).name)\n"
        "source_of(one).open()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    said = [line for line in (done.stdout + done.stderr).splitlines() if SECRET in line]
    assert "rtsp://127.0.0.1:9/live" in done.stdout
    assert said == []


@pytest.fixture
def guarded(ipycam: RealCamera) -> Iterator[str]:
    with rtsp_guard(ipycam.rtsp_port) as port:
        yield f"rtsp://127.0.0.1:{port}/video_main"


@pytest.fixture(params=["rtsp", "mjpeg", "snapshot", "onvif"])
def locked(request: pytest.FixtureRequest, ipycam: RealCamera) -> str:
    """The address of a camera that asks for a password."""
    if request.param == "rtsp":
        return str(request.getfixturevalue("guarded"))
    paths = {"mjpeg": "/stream.mjpeg", "snapshot": "/snapshot.jpg", "onvif": ""}
    scheme = "onvif" if request.param == "onvif" else "http"
    return f"{scheme}://127.0.0.1:{ipycam.onvif_port}{paths[request.param]}"


def test_a_wrong_password_is_told_from_an_absent_camera_and_the_right_one_opens(
    locked: str,
) -> None:
    with pytest.raises(CameraRefused, match="user name and password"):
        first(live(source(locked, USER, "guess")))
    assert first(live(source(locked, USER, PASSWORD))).image_bgr.shape == (360, 640, 3)


def test_a_stream_that_the_camera_does_not_have_is_named(ipycam: RealCamera) -> None:
    with pytest.raises(CameraUnreadable, match="it has MainStream, SubStream"):
        first(live(source(f"onvif://127.0.0.1:{ipycam.onvif_port}", USER, PASSWORD, "Garden")))


@pytest.mark.parametrize("kind", ["rtsp", "mjpeg"])
def test_a_camera_that_freezes_is_lost_shows_nothing_old_and_comes_back(
    ipycam: RealCamera, kind: str
) -> None:
    camera = live(source(ipycam.rtsp if kind == "rtsp" else ipycam.mjpeg))
    frames = camera.frames()
    for _ in range(3):
        next(frames)
    ipycam.freeze()
    frozen_s = time.monotonic()
    try:
        shown = []
        with pytest.raises(CameraLost):
            shown.extend(frame.time.monotonic_ms / 1000 for frame in frames)
        assert time.monotonic() - frozen_s < LOST_S + 3
        # what was on its way may still come, at once; nothing after that
        assert all(at_s < frozen_s + 1 for at_s in shown)
    finally:
        ipycam.thaw()
    again = list(itertools.islice(camera.frames(), 3))
    assert [frame.number for frame in again] == sorted({frame.number for frame in again})
    camera.close()


@pytest.fixture
def phone() -> Iterator[HttpCamera]:
    with http_camera() as camera:
        yield camera


@pytest.mark.parametrize("scheme", ["basic", "digest"])
@pytest.mark.parametrize("path", ["video", "shot.jpg"])
def test_a_phone_as_a_camera_may_ask_for_a_password_either_way(
    phone: HttpCamera, scheme: str, path: str
) -> None:
    phone.scheme = scheme
    assert first(live(source(f"{phone.url}/{path}", USER, PASSWORD)))
    with pytest.raises(CameraRefused):
        first(live(source(f"{phone.url}/{path}", USER, "guess")))


@pytest.mark.parametrize(
    ("path", "error", "says"),
    [
        ("page", CameraUnreadable, "text/html"),
        ("missing", CameraLost, "404"),
        ("moved", CameraLost, "302"),
        ("garbage.jpg", CameraLost, "cannot be read"),
        ("garbage.mjpeg", CameraLost, "cannot be read"),
        ("endless.jpg", CameraLost, "too large"),
        ("endless.mjpeg", CameraLost, "broke off"),
        ("cut.mjpeg", CameraLost, "no more pictures|broke off"),
    ],
)
def test_what_is_no_camera_is_a_clear_error(
    phone: HttpCamera, path: str, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        list(live(source(f"{phone.url}/{path}")).frames())


def test_a_damaged_picture_between_good_ones_is_passed_over(phone: HttpCamera) -> None:
    camera = live(source(f"{phone.url}/flaky.mjpeg"))
    assert len(list(itertools.islice(camera.frames(), 3))) == 3
    camera.close()


def test_a_second_program_cannot_have_the_pi_s_camera(picamera2: None) -> None:
    one = PiSource(0, 64, 48, 30)
    pictures = one.open()
    with pytest.raises(CameraLost, match="nobody else"):
        one.open()
    pictures.close()
    one.open().close()


def test_a_pi_s_camera_without_its_package_says_how_to_get_it() -> None:
    with pytest.raises(CameraUnreadable, match="apt install python3-picamera2"):
        PiSource(0, 64, 48, 30).open()


def test_a_pi_has_no_third_camera(picamera2: None) -> None:
    with pytest.raises(CameraLost, match="ribbon"):
        PiSource(2, 64, 48, 30).open()


def test_pictures_that_nobody_brings_are_lost_and_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("device_bridge.adapters.camera.newest.LOST_S", 0.05)
    camera = PushedCamera("the page", SystemClock(), BOOT)
    with pytest.raises(CameraLost, match="the page"):
        next(camera.frames())
    frames = camera.frames()
    picture = np.zeros((4, 4, 3), np.uint8)
    threading.Timer(0.01, camera.push, [picture]).start()
    assert next(frames).image_bgr is picture


@pytest.mark.parametrize("address", ["rtsp://", "http://[::1", "rtsp://host:port/x"])
def test_an_address_that_is_none_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(SettingsError) as caught:
        source(address)
    assert address not in str(caught.value)


def test_settings_tell_no_password(tmp_path: Path) -> None:
    one = CameraSettings(gate=1, source="rtsp://door/live", password=SECRET)
    assert SECRET not in repr(one) + str(one.model_dump())
