"""The cameras that are set, opened."""

from __future__ import annotations

from pathlib import Path

from device_bridge.adapters.camera.live import LiveCamera
from device_bridge.adapters.camera.recording import Playback, RecordingCamera, open_recording
from device_bridge.domain.event import TimeSource, parse_utc
from device_bridge.errors import CameraUnreadable, SettingsError
from device_bridge.ports import Camera
from device_bridge.settings import CameraSettings
from device_bridge.wiring.device import Device


def open_cameras(cameras: tuple[CameraSettings, ...], device: Device) -> dict[int, Camera]:
    """A camera by gate id. Raises SettingsError, CameraUnreadable."""
    playbacks: dict[str, Playback] = {}
    opened: dict[int, Camera] = {}
    for one in cameras:
        if one.gate in opened:
            raise SettingsError(f"Gate {one.gate} has two cameras; it can have one.")
        opened[one.gate] = _open(one, playbacks, device)
    for source, playback in playbacks.items():
        if playback.is_over():
            raise CameraUnreadable(
                f"{source} has been played through already; use another --state to repeat it."
            )
    return opened


def _open(one: CameraSettings, playbacks: dict[str, Playback], device: Device) -> Camera:
    if one.source.isdecimal() or "://" in one.source:
        source = int(one.source) if one.source.isdecimal() else one.source
        return LiveCamera(source, device.clock, device.boot_id)
    if one.source not in playbacks:
        recording = open_recording(Path(one.source).expanduser(), one.recorded_from, one.fps)
        playbacks[one.source] = Playback(recording, device.clock)
    playback = playbacks[one.source]
    newest = device.outbox.newest_per_gate().get(one.gate)
    if newest is not None and newest["time_source"] == TimeSource.RECORDING:
        playback.resume_after(one.view, parse_utc(newest["captured_at"]))
    return RecordingCamera(playback, one.view, device.clock, device.boot_id)
