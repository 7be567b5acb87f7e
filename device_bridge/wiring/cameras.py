"""The cameras that are set, opened."""

from __future__ import annotations

from pathlib import Path

from device_bridge.adapters.camera.address import read_address
from device_bridge.adapters.camera.http import HttpSource
from device_bridge.adapters.camera.live import LiveCamera
from device_bridge.adapters.camera.pi import PiSource
from device_bridge.adapters.camera.recording import Playback, RecordingCamera, open_recording
from device_bridge.adapters.camera.source import Source
from device_bridge.adapters.camera.video import StreamSource, UsbSource
from device_bridge.adapters.system_clock import boot_id
from device_bridge.domain.event import TimeSource, parse_utc
from device_bridge.errors import CameraUnreadable, SettingsError
from device_bridge.ports import Camera, Clock
from device_bridge.settings import CameraSettings
from device_bridge.wiring.device import Device

_PI = "picamera"


def open_alone(source: str, clock: Clock) -> Camera:
    """A camera of no gate, for a registration station. Raises as `open_cameras`."""
    one = CameraSettings(gate=1, source=source)
    live = source_of(one)
    if live is not None:
        return LiveCamera(live, clock, boot_id())
    recording = open_recording(Path(source).expanduser(), one.recorded_from, one.fps)
    return RecordingCamera(Playback(recording, clock), one.view, clock, boot_id())


def open_cameras(cameras: tuple[CameraSettings, ...], device: Device) -> dict[int, Camera]:
    """A camera by gate id. Raises SettingsError, CameraUnreadable."""
    playbacks: dict[str, Playback] = {}
    opened: dict[int, Camera] = {}
    for one in cameras:
        if one.gate in opened:
            raise SettingsError(f"Gate {one.gate} has two cameras; it can have one.")
        source = source_of(one)
        if source is not None:
            alone = len(cameras) == 1
            opened[one.gate] = LiveCamera(source, device.clock, device.boot_id, alone=alone)
        else:
            opened[one.gate] = _recording(one, playbacks, device)
    for path, playback in playbacks.items():
        if playback.is_over():
            raise CameraUnreadable(
                f"{path} has been played through already; use another --state to repeat it."
            )
    return opened


def source_of(one: CameraSettings) -> Source | None:
    """The live source that is set; None for a recording. Raises SettingsError."""
    source = one.source
    if source.isdecimal() or source.startswith("/dev/"):
        device = int(source) if source.isdecimal() else source
        return UsbSource(device, one.width, one.height, one.fps)
    if source == _PI or source.startswith(f"{_PI}:"):
        number = source.removeprefix(_PI).removeprefix(":") or "0"
        if not number.isdecimal():
            raise SettingsError(f"camera.source {source!r}: a Pi's cameras are picamera:0 and :1.")
        return PiSource(int(number), one.width, one.height, one.fps, one.rotate)
    return _of_address(one) if "://" in source else None


def _of_address(one: CameraSettings) -> Source:
    address = read_address(one.source, one.user, one.password.get_secret_value())
    scheme = address.url.partition("://")[0].lower()
    if scheme in {"http", "https"}:
        return HttpSource(address, one.fps, one.ca_file)
    if scheme == "onvif":
        try:
            from device_bridge.adapters.camera.onvif import OnvifSource  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise SettingsError(
                f"{error.name} is missing: install the extra, device-bridge[onvif]."
            ) from error
        return OnvifSource(address, one.view, one.fps, one.ca_file)
    return StreamSource(address)


def _recording(
    one: CameraSettings, playbacks: dict[str, Playback], device: Device
) -> RecordingCamera:
    if one.source not in playbacks:
        recording = open_recording(Path(one.source).expanduser(), one.recorded_from, one.fps)
        playbacks[one.source] = Playback(recording, device.clock, one.speed)
    playback = playbacks[one.source]
    newest = device.outbox.newest_per_gate().get(one.gate)
    if newest is not None and newest["time_source"] == TimeSource.RECORDING:
        playback.resume_after(one.view, parse_utc(newest["captured_at"]))
    return RecordingCamera(playback, one.view, device.clock, device.boot_id)
