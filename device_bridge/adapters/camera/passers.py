"""Photos as a recording: each person of a folder walks up to the camera, one after another."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import cv2
import numpy as np

from device_bridge.adapters.camera.recording import MANIFEST
from device_bridge.adapters.images import read_image
from device_bridge.domain.capture import ImageU8
from device_bridge.domain.event import utc_text
from device_bridge.errors import CameraUnreadable

SCENARIO = "scenario.csv"
FPS = 15
VISIT_S = 2.0
_SIZE = (1280, 720)
_PHOTOS = {".jpg", ".jpeg", ".png", ".webp"}


@dataclass(frozen=True, slots=True)
class Passage:
    """Who comes when."""

    at: datetime
    photo: Path


def passages(folder: Path, starts_at: datetime, every_s: float) -> list[Passage]:
    """As scenario.csv says (`time,photo`, times with a zone), else the photos in turn.

    Raises CameraUnreadable, naming the line.
    """
    script = folder / SCENARIO
    if not script.is_file():
        photos = sorted(one for one in folder.iterdir() if one.suffix.lower() in _PHOTOS)
        return [
            Passage(starts_at + timedelta(seconds=n * every_s), photo)
            for n, photo in enumerate(photos)
        ]
    found = []
    with script.open(newline="", encoding="utf-8") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            try:
                at = datetime.fromisoformat(row["time"])
                photo = folder / Path(row["photo"]).name
            except (KeyError, TypeError, ValueError) as error:
                raise CameraUnreadable(f"{script}, line {number}: time,photo expected.") from error
            if at.tzinfo is None or not photo.is_file():
                raise CameraUnreadable(
                    f"{script}, line {number}: a time with its zone and a photo in the same folder."
                )
            found.append(Passage(at, photo))
    return sorted(found, key=lambda one: one.at)


def record(planned: list[Passage], folder: Path) -> Path:
    """Write a recording of the passages into `folder`. Raises CameraUnreadable, ImageUnreadable."""
    if not planned:
        raise CameraUnreadable("There is no photo to show.")
    folder.mkdir(parents=True, exist_ok=True)
    segments = []
    for number, one in enumerate(planned):
        file = folder / f"{number:04}.avi"
        writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), FPS, _SIZE)
        frames = 0
        for frame in _walk(read_image(one.photo), number):
            writer.write(frame)
            frames += 1
        writer.release()
        offset_s = (one.at - planned[0].at).total_seconds()
        segments.append({"file": file.name, "view": "", "offset_s": offset_s, "frames": frames})
    manifest = {"recorded_from": utc_text(planned[0].at), "fps": FPS, "segments": segments}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    return folder


def _walk(photo: ImageU8, seed: int) -> Iterator[ImageU8]:
    """No two frames alike: a copy of a frame is no second look."""
    random = np.random.default_rng(seed)
    width, height = _SIZE
    fits = min(width / photo.shape[1], height / photo.shape[0])
    for step in np.linspace(0.6, 1.0, round(VISIT_S * FPS)):
        scale = fits * step
        to_frame = np.array(
            [
                [scale, 0, (width - photo.shape[1] * scale) / 2 + random.uniform(-3, 3)],
                [0, scale, (height - photo.shape[0] * scale) / 2 + random.uniform(-2, 2)],
            ]
        )
        frame = cv2.warpAffine(
            photo, to_frame, _SIZE, flags=cv2.INTER_AREA, borderValue=(96, 100, 104)
        )
        noise = random.integers(-4, 5, frame.shape, np.int16)
        yield (frame + noise).clip(0, 255).astype(np.uint8)
