"""A folder of photos becomes a day at a virtual gate, played faster than it happened."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from device_bridge.adapters.camera.passers import SCENARIO, passages, record
from device_bridge.adapters.camera.recording import Playback, RecordingCamera, open_recording
from device_bridge.adapters.system_clock import SystemClock
from device_bridge.domain.event import TimeSource
from device_bridge.errors import CameraUnreadable
from tests.builders import BOOT, START


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for name in ("ann", "ben", "cyd"):
        image = np.random.default_rng(len(name)).integers(0, 255, (120, 90, 3), np.uint8)
        cv2.imwrite(str(tmp_path / f"{name}.jpg"), image)
    return tmp_path


def test_photos_come_in_turn(photos: Path) -> None:
    planned = passages(photos, START, 60)
    assert [one.photo.stem for one in planned] == ["ann", "ben", "cyd"]
    assert planned[2].at - planned[0].at == timedelta(minutes=2)


def test_a_scenario_says_who_comes_when(photos: Path) -> None:
    rows = ["time,photo", "2026-11-20T17:00:00+01:00,ann.jpg", "2026-11-20T07:00:00+00:00,ben.jpg"]
    (photos / SCENARIO).write_text("\n".join(rows))
    planned = passages(photos, START, 60)
    assert [(one.photo.stem, one.at.astimezone(UTC).hour) for one in planned] == [
        ("ben", 7),
        ("ann", 16),
    ]


@pytest.mark.parametrize(
    "row", ["soon,ann.jpg", "2026-11-20T07:00:00,ann.jpg", "2026-11-20T07:00:00Z,dan.jpg", "x"]
)
def test_a_wrong_line_is_named(photos: Path, row: str) -> None:
    (photos / SCENARIO).write_text(f"time,photo\n2026-11-20T07:00:00Z,ben.jpg\n{row}\n")
    with pytest.raises(CameraUnreadable, match="line 3"):
        passages(photos, START, 60)


def test_a_scenario_reads_no_file_elsewhere(photos: Path) -> None:
    (photos / SCENARIO).write_text("time,photo\n2026-11-20T07:00:00Z,../../etc/passwd\n")
    with pytest.raises(CameraUnreadable):
        passages(photos, START, 60)


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CameraUnreadable, match="no photo"):
        record([], tmp_path)


def test_it_plays_faster_with_the_times_of_the_day(photos: Path, tmp_path: Path) -> None:
    planned = passages(photos, START, 3600)[:2]
    recording = open_recording(record(planned, tmp_path / "day"), None, 15)
    camera = RecordingCamera(Playback(recording, SystemClock(), speed=10), "", SystemClock(), BOOT)
    began_s = time.monotonic()
    frames = list(camera.frames())
    assert time.monotonic() - began_s < 3
    assert {frame.time.time_source for frame in frames} == {TimeSource.RECORDING}
    assert frames[0].time.captured_at == datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
    last, first = frames[-1].time, frames[0].time
    assert last.captured_at - first.captured_at > timedelta(hours=1)
    # the time that encounters reckon with runs as in the recording, not as it is played
    assert last.seconds_since(first) > 3.5
    assert not np.array_equal(frames[0].image_bgr, frames[1].image_bgr)
