"""A recorded stream as a camera: played at its real rate, with the times it was recorded at.

Only the pauses between segments are skipped. Several gates may play views of one
recording; they share a Playback, so that what happened one after another is shown one
after another.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from device_bridge.adapters.images import read_image
from device_bridge.domain.capture import Frame, ImageU8
from device_bridge.domain.event import CaptureTime, TimeSource, parse_utc
from device_bridge.errors import CameraUnreadable, ImageUnreadable
from device_bridge.ports import Clock

MANIFEST = "recording.json"
PAUSE_S = 0.4
"""What remains of a pause between two segments."""
_PICTURES = {".jpg", ".jpeg", ".png"}


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch without pauses: one video file or a list of pictures.

    Attributes:
        view: which camera of the recording this is; "" where there is but one.
        offset_s: since the recording's start.
        plays_at_s: since the playback's start.
    """

    files: tuple[Path, ...]
    view: str
    offset_s: float
    frames: int
    plays_at_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording and when it was made; `recorded_from` None means "now, as it plays"."""

    segments: tuple[Segment, ...]
    fps: float
    recorded_from: datetime | None

    def views(self) -> set[str]:
        return {segment.view for segment in self.segments}


class Playback:
    """One showing of a recording, shared by the cameras that show its views.

    Args:
        speed: 2 shows it in half of its time; what is measured in it stays as it was recorded.
    """

    def __init__(self, recording: Recording, clock: Clock, speed: float = 1.0) -> None:
        self.recording, self.speed = recording, speed
        self._clock = clock
        self._lock = threading.Lock()
        self._started_s: float | None = None
        self._resume_after: dict[str, datetime] = {}

    def resume_after(self, view: str, captured_at: datetime) -> None:
        """Skip what a view has shown up to a captured time known from an earlier run."""
        self._resume_after[view] = captured_at

    def is_over(self) -> bool:
        """Whether nothing is left to be shown in any view."""
        return all(map(self._is_over, self.recording.segments))

    def is_due(self, view: str, captured_at: datetime) -> bool:
        """Whether a frame was not yet shown in an earlier run."""
        after = self._resume_after.get(view)
        return after is None or captured_at > after

    def schedule(self, view: str) -> list[Segment]:
        """The segments of one view that are still to be shown, on the compressed timeline."""
        recording = self.recording
        left = [segment for segment in recording.segments if not self._is_over(segment)]
        return [one for one in compress(left, recording.fps) if one.view == view]

    def started_s(self) -> float:
        """Monotonic seconds at which the first camera asked for its first frame."""
        with self._lock:
            if self._started_s is None:
                self._started_s = self._clock.monotonic_s() + PAUSE_S
            return self._started_s

    def _is_over(self, segment: Segment) -> bool:
        recording = self.recording
        if recording.recorded_from is None:
            return False
        last_s = segment.offset_s + (segment.frames - 1) / recording.fps
        return not self.is_due(segment.view, recording.recorded_from + timedelta(seconds=last_s))


class RecordingCamera:
    """Implements ports.Camera over one view of a playback."""

    def __init__(self, playback: Playback, view: str, clock: Clock, boot_id: str) -> None:
        self._playback, self._view = playback, view
        self._clock, self._boot_id = clock, boot_id
        self._closed = threading.Event()
        if view not in playback.recording.views():
            known = ", ".join(sorted(playback.recording.views()))
            raise CameraUnreadable(f"The recording has no view {view!r}; it has {known}.")

    def frames(self) -> Iterator[Frame]:
        fps, speed = self._playback.recording.fps, self._playback.speed
        started_s = self._playback.started_s()
        number = 0
        for segment in self._playback.schedule(self._view):
            pictures = _pictures(segment)
            wanted = 0
            for index, image in enumerate(pictures):
                if index < wanted:
                    continue  # it came due while nobody looked
                into_s = segment.plays_at_s + index / fps
                due_s = started_s + into_s / speed
                time = self._time(segment, index / fps, started_s + into_s)
                if not self._playback.is_due(self._view, time.captured_at):
                    continue
                if self._closed.wait(max(0.0, due_s - self._clock.monotonic_s())):
                    return
                yield Frame(image, time, number)
                number += 1
                late = int((self._clock.monotonic_s() - due_s) * speed * fps)
                wanted = index + max(1, late)

    def close(self) -> None:
        self._closed.set()

    def _time(self, segment: Segment, into_s: float, played_s: float) -> CaptureTime:
        recorded_from = self._playback.recording.recorded_from
        if recorded_from is None:
            return CaptureTime(self._clock.now(), round(played_s * 1000), self._boot_id)
        return CaptureTime(
            recorded_from + timedelta(seconds=segment.offset_s + into_s),
            round(played_s * 1000),
            self._boot_id,
            TimeSource.RECORDING,
        )


def open_recording(path: Path, recorded_from: datetime | None, fps: float) -> Recording:
    """A folder with a recording.json, a folder of pictures, or a video file.

    Args:
        recorded_from, fps: for a folder of pictures; a manifest or a video has its own.

    Raises:
        CameraUnreadable: there is nothing to play, or it is no recording.
    """
    if (path / MANIFEST).is_file():
        return _read_manifest(path)
    if path.is_dir():
        pictures = sorted(one for one in path.iterdir() if one.suffix.lower() in _PICTURES)
        if not pictures:
            raise CameraUnreadable(f"There are no pictures in {path}.")
        return Recording((Segment(tuple(pictures), "", 0.0, len(pictures)),), fps, recorded_from)
    if not path.is_file():
        raise CameraUnreadable(f"There is no camera, folder or file at {path}.")
    frames, own_fps = _measure(path)
    return Recording((Segment((path,), "", 0.0, frames),), own_fps or fps, recorded_from)


def compress(segments: list[Segment], fps: float) -> list[Segment]:
    """Give each segment its place on a timeline without long pauses.

    Segments that overlapped when they were recorded still do.
    """
    placed: list[Segment] = []
    skipped_s, busy_until_s = 0.0, 0.0
    for segment in sorted(segments, key=lambda one: (one.offset_s, one.view)):
        pause_s = segment.offset_s - busy_until_s
        wanted_s = PAUSE_S if placed else 0.0
        skipped_s += max(0.0, pause_s - wanted_s)
        at_s = segment.offset_s - skipped_s
        placed.append(Segment(segment.files, segment.view, segment.offset_s, segment.frames, at_s))
        busy_until_s = max(busy_until_s, segment.offset_s + segment.frames / fps)
    return placed


def _read_manifest(folder: Path) -> Recording:
    try:
        data: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
        segments = tuple(
            Segment(
                (folder / Path(one["file"]).name,),
                str(one["view"]),
                float(one["offset_s"]),
                int(one["frames"]),
            )
            for one in data["segments"]
        )
        recording = Recording(segments, float(data["fps"]), parse_utc(data["recorded_from"]))
    except (ValueError, KeyError, TypeError) as error:
        raise CameraUnreadable(f"{folder / MANIFEST} is no recording's manifest.") from error
    missing = [one.files[0].name for one in segments if not one.files[0].is_file()]
    if missing or not segments:
        raise CameraUnreadable(f"{folder} lacks {', '.join(missing) or 'segments'}.")
    return recording


def _measure(path: Path) -> tuple[int, float]:
    video = cv2.VideoCapture(str(path))
    try:
        frames = int(video.get(cv2.CAP_PROP_FRAME_COUNT)) if video.isOpened() else 0
        if frames <= 0:
            raise CameraUnreadable(f"{path} is no video that can be played.")
        return frames, float(video.get(cv2.CAP_PROP_FPS))
    finally:
        video.release()


def _pictures(segment: Segment) -> Iterator[ImageU8]:
    """Every picture of a segment in order; an unreadable one ends it with an error."""
    if len(segment.files) > 1 or segment.files[0].suffix.lower() in _PICTURES:
        for file in segment.files:
            try:
                yield read_image(file)
            except ImageUnreadable as error:
                raise CameraUnreadable(str(error)) from error
        return
    video = cv2.VideoCapture(str(segment.files[0]))
    try:
        for _ in range(segment.frames):
            ok, image = video.read()
            if not ok:
                raise CameraUnreadable(f"{segment.files[0]} ends before it should.")
            yield image.astype(np.uint8, copy=False)
    finally:
        video.release()
