"""One contract for ONVIF devices: a real camera (ipycam) and a SOAP fake that has a relay too."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from device_bridge.adapters.onvif.device import CALL_WITHIN_S, OnvifDevice, RelayOutput
from device_bridge.errors import CameraLost, CameraRefused
from tests.peers.camera import PASSWORD, USER, RealCamera, free_port
from tests.peers.soap_device import RELAY, SoapDevice, soap_device


@pytest.fixture
def fake() -> Iterator[SoapDevice]:
    with soap_device() as device:
        yield device


@pytest.fixture(params=["ipycam", "fake"])
def port(request: pytest.FixtureRequest, fake: SoapDevice, ipycam: RealCamera) -> int:
    return ipycam.onvif_port if request.param == "ipycam" else fake.port


@pytest.fixture
def device(port: int) -> Iterator[OnvifDevice]:
    yield from opened(port)


def opened(port: int, password: str = PASSWORD) -> Iterator[OnvifDevice]:
    device = OnvifDevice("127.0.0.1", port, USER, password)
    yield device
    device.close()


def test_profiles_lead_to_a_stream_and_a_still_picture_on_the_same_host(
    device: OnvifDevice,
) -> None:
    first = device.profiles()[0]
    assert (first.width / first.height, first.fps) == (pytest.approx(16 / 9), 15)
    assert device.stream_uri(first.token).startswith("rtsp://127.0.0.1:")
    assert device.snapshot_uri(first.token).startswith("http://127.0.0.1:")


def test_a_wrong_password_is_refused_and_the_right_one_works_afterwards(port: int) -> None:
    for wrong in opened(port, "guess"):
        with pytest.raises(CameraRefused) as caught:
            wrong.profiles()
        assert "guess" not in str(caught.value)
    for right in opened(port):
        assert right.profiles()


def test_a_closed_device_can_be_asked_again(device: OnvifDevice) -> None:
    device.connect()
    device.close()
    assert device.profiles()


def test_the_relay_switches_as_told(fake: SoapDevice) -> None:
    for device in opened(fake.port):
        assert device.relay_outputs() == [RelayOutput(RELAY, is_pulse=True)]
        device.set_relay(RELAY, True)
        device.set_relay(RELAY, False)
    assert fake.switched == [(RELAY, "active"), (RELAY, "inactive")]


def test_an_unknown_relay_is_an_error_and_switches_nothing(fake: SoapDevice) -> None:
    for device in opened(fake.port):
        with pytest.raises(CameraLost):
            device.set_relay("window", True)
    assert fake.switched == []


def test_a_device_that_is_not_there_is_lost() -> None:
    for device in opened(free_port()):
        with pytest.raises(CameraLost, match=r"127\.0\.0\.1"):
            device.connect()


def test_a_device_that_hangs_is_given_up_and_asked_again_when_it_is_back(
    fake: SoapDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device_bridge.adapters.onvif.device.CALL_WITHIN_S", 0.5)
    for device in opened(fake.port):
        device.connect()
        fake.hangs.set()
        started_s = time.monotonic()
        with pytest.raises(CameraLost, match="does not answer"):
            device.set_relay(RELAY, True)
        assert time.monotonic() - started_s < CALL_WITHIN_S
        fake.hangs.clear()
        device.set_relay(RELAY, True)
    assert fake.switched == [(RELAY, "active")]
