"""One contract for every camera that can be had here: a fake, a recording, pictures, a stream."""

from __future__ import annotations

import json
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from device_bridge.adapters.camera.address import read_address
from device_bridge.adapters.camera.http import HttpSource
from device_bridge.adapters.camera.live import LiveCamera
from device_bridge.adapters.camera.onvif import SNAPSHOT, OnvifSource
from device_bridge.adapters.camera.pi import PiSource
from device_bridge.adapters.camera.pushed import PushedCamera
from device_bridge.adapters.camera.recording import (
    PAUSE_S,
    Playback,
    RecordingCamera,
    Segment,
    compress,
    open_recording,
)
from device_bridge.adapters.camera.source import Source
from device_bridge.adapters.camera.video import StreamSource
from device_bridge.adapters.system_clock import SystemClock
from device_bridge.domain.capture import Frame
from device_bridge.domain.event import TimeSource, utc_text
from device_bridge.errors import CameraLost, CameraUnreadable
from device_bridge.fakes.camera import FakeCamera
from device_bridge.ports import Camera
from tests.builders import BOOT, START, painted_frame
from tests.peers.camera import PASSWORD, USER

FPS = 30.0


def write_video(path: Path, frames: int, grey: int = 0) -> None:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FPS, (64, 48))
    for number in range(frames):
        writer.write(np.full((48, 64, 3), (grey + number * 5) % 256, np.uint8))
    writer.release()


def write_recording(folder: Path, *segments: tuple[str, float, int]) -> Path:
    """A manifest with (view, offset_s, frames) each."""
    folder.mkdir(exist_ok=True)
    listed = []
    for index, (view, offset_s, frames) in enumerate(segments):
        write_video(folder / f"{index}.avi", frames, grey=index * 40)
        listed.append(
            {"file": f"{index}.avi", "view": view, "offset_s": offset_s, "frames": frames}
        )
    manifest = {"recorded_from": utc_text(START), "fps": FPS, "segments": listed}
    (folder / "recording.json").write_text(json.dumps(manifest))
    return folder


def recorded(path: Path, view: str = "", recorded_from: Any = None) -> RecordingCamera:
    recording = open_recording(path, recorded_from, FPS)
    return RecordingCamera(Playback(recording, SystemClock()), view, SystemClock(), BOOT)


def live(source: Source) -> LiveCamera:
    return LiveCamera(source, SystemClock(), BOOT)


def file_source(path: Path) -> StreamSource:
    """A stream that ends, played as fast as it is read."""
    return StreamSource(read_address(f"file://{path}"))


def fake_camera(_folder: Path, _peer: Any) -> FakeCamera:
    return FakeCamera([painted_frame(n, n / FPS, 90) for n in range(10)])


def video(folder: Path, _peer: Any) -> RecordingCamera:
    write_video(folder / "door.avi", 10)
    return recorded(folder / "door.avi")


def pictures(folder: Path, _peer: Any) -> RecordingCamera:
    for number in range(10):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((48, 64, 3), number, np.uint8))
    return recorded(folder)


def recording(folder: Path, _peer: Any) -> RecordingCamera:
    return recorded(write_recording(folder, ("north", 0, 10)), "north")


def stream(folder: Path, _peer: Any) -> LiveCamera:
    write_video(folder / "door.avi", 1500)  # it is read faster than the test looks
    return live(file_source(folder / "door.avi"))


def rtsp(_folder: Path, peer: Any) -> LiveCamera:
    return live(StreamSource(read_address(peer("ipycam").rtsp)))


def mjpeg(_folder: Path, peer: Any) -> LiveCamera:
    return live(HttpSource(read_address(peer("ipycam").mjpeg), FPS))


def snapshots(_folder: Path, peer: Any) -> LiveCamera:
    return live(HttpSource(read_address(peer("ipycam").snapshot), FPS))


def onvif(_folder: Path, peer: Any, view: str = "") -> LiveCamera:
    address = read_address(f"onvif://127.0.0.1:{peer('ipycam').onvif_port}", USER, PASSWORD)
    return live(OnvifSource(address, view, FPS))


def onvif_still(folder: Path, peer: Any) -> LiveCamera:
    return onvif(folder, peer, SNAPSHOT)


def raspberry(_folder: Path, peer: Any) -> LiveCamera:
    peer("picamera2")
    return live(PiSource(0, 64, 48, FPS))


def pushed(_folder: Path, _peer: Any) -> PushedCamera:
    camera = PushedCamera("the page", SystemClock(), BOOT)

    def bring() -> None:
        for number in range(200):
            camera.push(np.full((48, 64, 3), number, np.uint8))
            time.sleep(0.01)

    threading.Thread(target=bring, daemon=True).start()
    return camera


KINDS = [
    *(fake_camera, video, pictures, recording, stream),
    *(rtsp, mjpeg, snapshots, onvif, onvif_still, raspberry, pushed),
]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def camera(request: pytest.FixtureRequest, tmp_path: Path) -> Camera:
    made: Camera = request.param(tmp_path, request.getfixturevalue)
    return made


def test_frames_are_pictures_with_rising_times(camera: Any) -> None:
    frames: list[Frame] = []
    for frame in camera.frames():
        frames.append(frame)
        if len(frames) == 3:
            camera.close()
    assert frames
    for frame in frames:
        assert frame.image_bgr.dtype == np.uint8
        assert frame.image_bgr.shape[2] == 3
        assert frame.time.captured_at.tzinfo is not None
    numbers = [frame.number for frame in frames]
    times = [frame.time.monotonic_ms for frame in frames]
    assert numbers == sorted(set(numbers))
    assert times == sorted(times)


def test_a_recording_plays_at_its_own_rate_with_its_own_times(tmp_path: Path) -> None:
    camera = recorded(write_recording(tmp_path, ("north", 3600, 15)), "north")
    started_s = time.monotonic()
    frames = list(camera.frames())
    assert time.monotonic() - started_s >= 14 / FPS
    first = frames[0].time
    assert first.captured_at == START + timedelta(seconds=3600)
    assert first.time_source is TimeSource.RECORDING


def test_a_slow_reader_misses_frames_and_gets_no_old_ones(tmp_path: Path) -> None:
    camera = recorded(write_recording(tmp_path, ("north", 0, 30)), "north")
    ages_s = []
    for frame in camera.frames():
        ages_s.append(time.monotonic() - frame.time.monotonic_ms / 1000)
        time.sleep(0.1)
    assert len(ages_s) < 15
    assert max(ages_s) < 0.09


@pytest.mark.parametrize(
    ("offsets", "plays_at"),
    [
        ([0, 3600], [0, 1 + PAUSE_S]),
        ([0, 1.1], [0, 1.1]),
        ([0, 0.5], [0, 0.5]),
        ([7200, 0, 3600], [0, 1 + PAUSE_S, 2 + 2 * PAUSE_S]),
    ],
    ids=["a long pause is cut", "a short one is kept", "overlaps stay", "in order of time"],
)
def test_pauses_between_segments_are_skipped(offsets: list[float], plays_at: list[float]) -> None:
    segments = [Segment((Path("x.avi"),), "north", offset, 30) for offset in offsets]
    placed = compress(segments, FPS)
    assert [one.plays_at_s for one in placed] == pytest.approx(plays_at)


def test_after_a_restart_each_view_goes_on_where_it_was(tmp_path: Path) -> None:
    folder = write_recording(tmp_path, ("north", 0, 6), ("south", 60, 3), ("north", 120, 3))
    playback = Playback(open_recording(folder, None, FPS), SystemClock())
    playback.resume_after("north", START + timedelta(seconds=2.5 / FPS))
    camera = RecordingCamera(playback, "north", SystemClock(), BOOT)
    into_s = [(frame.time.captured_at - START).total_seconds() for frame in camera.frames()]
    assert into_s[0] == pytest.approx(3 / FPS)
    assert into_s[-1] > 120
    assert [one.offset_s for one in playback.schedule("south")] == [60]
    assert not playback.is_over()


def test_a_recording_that_was_shown_to_the_end_is_over(tmp_path: Path) -> None:
    folder = write_recording(tmp_path, ("north", 0, 6))
    playback = Playback(open_recording(folder, None, FPS), SystemClock())
    playback.resume_after("north", START + timedelta(seconds=1))
    assert playback.is_over()


def broken(folder: Path) -> None:
    (folder / "recording.json").write_text("{")


@pytest.mark.parametrize(
    ("prepare", "says"),
    [
        (lambda folder: None, "no pictures"),
        (broken, "manifest"),
        (lambda folder: (folder / "1.jpg").write_bytes(b""), "is empty"),
    ],
    ids=["an empty folder", "a broken manifest", "an empty picture"],
)
def test_what_is_no_recording_is_named(tmp_path: Path, prepare: Any, says: str) -> None:
    prepare(tmp_path)
    with pytest.raises(CameraUnreadable, match=says):
        list(recorded(tmp_path).frames())


@pytest.mark.parametrize(
    ("name", "content"), [("nothing.avi", None), ("empty.avi", b""), ("text.avi", b"hello")]
)
def test_an_unreadable_file_is_a_clear_error(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(CameraUnreadable, match=name):
        recorded(tmp_path / name)


def test_an_unknown_view_is_named_with_those_there_are(tmp_path: Path) -> None:
    folder = write_recording(tmp_path, ("north", 0, 3))
    with pytest.raises(CameraUnreadable, match="it has north"):
        recorded(folder, "south")


def test_a_stream_that_ends_is_lost_and_can_be_tried_again(tmp_path: Path) -> None:
    write_video(tmp_path / "door.avi", 5)
    camera = live(file_source(tmp_path / "door.avi"))
    for _ in range(2):
        with pytest.raises(CameraLost):
            list(camera.frames())
