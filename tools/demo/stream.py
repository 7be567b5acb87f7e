"""The recorded stream: portraits walking up to a camera, no two frames alike.

A person streamed from their enrolment photo must still look different to the camera: smaller and
growing, elsewhere, tilted, in another light, blurred, noisy and compressed.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from device_bridge.adapters.images import read_image
from device_bridge.domain.capture import Face
from device_bridge.domain.event import utc_text
from device_bridge.ports import FaceDetector
from tools import faces, paths, say, stamps
from tools.demo.story import EMPLOYEES, SCENE_S, SCENES, Actor, Portrait, Scene

FPS = 15
WIDTH, HEIGHT = 1280, 720
SMALLEST_PX, LARGEST_PX = 64.0, 190.0  # height of a face's box when it comes and when it stands
_WALLS = {"entrance": (150, 158, 150), "exit": (140, 150, 162), "side": (160, 150, 142)}
_PRODUCERS = (Path(__file__), Path(__file__).with_name("story.py"))

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Head:
    """A head cut out of a photo: (n, n, 3) BGR, (n, n) float32 mask, and its face's height."""

    image: Image
    mask: NDArray[np.float32]
    face_px: float


def enrolment_photos(detector: FaceDetector, folder: Path) -> list[Path]:
    """One photo per employee, named by badge, with only that face in it."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for actor in EMPLOYEES:
        assert actor.enrolled_from is not None
        image, face, others = _find(detector, actor.enrolled_from)
        path = folder / f"{actor.badge}.jpg"
        cv2.imwrite(str(path), _alone(image, face, others), [cv2.IMWRITE_JPEG_QUALITY, 95])
        written.append(path)
    return written


def recording(detector: FaceDetector, day: date, folder: Path) -> Path:
    """The stream of a day, playable by the bridge; rendered once, dated anew each time."""
    rendered = paths.CACHE / "demo" / stamps.digest(*_PRODUCERS)[:16]
    _render_missing(detector, rendered)
    folder.mkdir(parents=True, exist_ok=True)
    starts = [scene.starts_at(day).timestamp() for scene in SCENES]
    segments = []
    for index, scene in enumerate(SCENES):
        link = folder / f"{index:02}.avi"
        link.unlink(missing_ok=True)
        link.symlink_to(rendered / link.name)
        segments.append(
            {
                "file": link.name,
                "view": scene.gate,
                "offset_s": starts[index] - min(starts),
                "frames": _frames(),
            }
        )
    first = min(scene.starts_at(day) for scene in SCENES)
    manifest = {"recorded_from": utc_text(first), "fps": FPS, "segments": segments}
    (folder / "recording.json").write_text(json.dumps(manifest, indent=1))
    return folder


def _frames() -> int:
    return round(SCENE_S * FPS)


def _render_missing(detector: FaceDetector, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    missing = [i for i in range(len(SCENES)) if not (folder / f"{i:02}.avi").is_file()]
    if not missing:
        return
    with say.step(f"Rendering {len(missing)} scenes of the stream"):
        heads: dict[Portrait, Head] = {}
        for done, index in enumerate(missing):
            say.progress(f"{done} of {len(missing)} scenes")
            for actor in SCENES[index].actors:
                portrait = actor.streamed_from
                if portrait not in heads:
                    image, face, _ = _find(detector, portrait)
                    heads[portrait] = _cut_out(image, face)
            # a half-written scene never has the final name
            unfinished = folder / f"unfinished-{os.getpid()}-{index:02}.avi"
            _write_scene(SCENES[index], index, heads, unfinished)
            unfinished.rename(folder / f"{index:02}.avi")


def _write_scene(scene: Scene, seed: int, heads: dict[Portrait, Head], path: Path) -> None:
    random = np.random.default_rng(seed)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FPS, (WIDTH, HEIGHT))
    writer.set(cv2.VIDEOWRITER_PROP_QUALITY, float(random.integers(72, 90)))
    wall = _background(scene.gate)
    light = random.uniform(0.86, 1.1)
    walks = [_walk(random, place, len(scene.actors)) for place in range(len(scene.actors))]
    noise = np.empty((HEIGHT, WIDTH, 3), np.int16)
    cv2.setRNGSeed(seed)
    for number in range(_frames()):
        frame = wall.copy()
        for actor, walk in zip(scene.actors, walks, strict=True):
            x, y, face_px, angle_deg = walk(number / (_frames() - 1))
            _dress(frame, x, y, face_px)
            _place(frame, heads[actor.streamed_from], x, y, face_px, angle_deg)
        frame = cv2.GaussianBlur(frame, (0, 0), 0.5 + 0.5 * abs(math.sin(seed + number / 9)))
        cv2.randn(noise, (0, 0, 0), (2.5, 2.5, 2.5))
        frame = cv2.convertScaleAbs(frame, alpha=light)
        writer.write(cv2.add(frame, noise, dtype=cv2.CV_8U))
    writer.release()


def _walk(
    random: np.random.Generator, place: int, together: int
) -> Callable[[float], tuple[float, float, float, float]]:
    """(x, y, face height, angle in degrees) at a moment 0–1 of the scene."""
    lane = WIDTH * (place + 1) / (together + 1)
    from_x = lane + random.uniform(-90, 90)
    sway, tilt, phase = random.uniform(6, 14), random.uniform(2, 5), random.uniform(0, 6)
    largest = LARGEST_PX * random.uniform(0.85, 1.0)

    def at(moment: float) -> tuple[float, float, float, float]:
        near = min(1.0, moment / 0.75)  # then they stand in front of the camera
        x = from_x + (lane - from_x) * near + sway * math.sin(phase + 7 * moment)
        y = HEIGHT * (0.42 + 0.06 * near) + 4 * math.sin(phase + 11 * moment)
        return (
            x,
            y,
            SMALLEST_PX + (largest - SMALLEST_PX) * near,
            tilt * math.sin(phase + 5 * moment),
        )

    return at


def _background(gate: str) -> Image:
    """A wall, a floor and a door, out of focus."""
    image = np.full((HEIGHT, WIDTH, 3), _WALLS[gate], np.uint8)
    cv2.rectangle(image, (0, 560), (WIDTH, HEIGHT), (96, 104, 112), -1)
    cv2.rectangle(image, (470, 70), (810, 600), (112, 120, 124), -1)
    cv2.rectangle(image, (500, 100), (780, 600), (172, 178, 176), -1)
    shade = np.linspace(1.05, 0.85, WIDTH)[None, :, None]
    return np.clip(cv2.GaussianBlur(image, (0, 0), 9) * shade, 0, 255).astype(np.uint8)


def _dress(frame: Image, x: float, y: float, face_px: float) -> None:
    """Shoulders, so that nobody floats."""
    middle = (round(x), round(y + 2.3 * face_px))
    axes = (round(1.15 * face_px), round(1.6 * face_px))
    cv2.ellipse(frame, middle, axes, 0, 0, 360, (74, 66, 60), -1, cv2.LINE_AA)


def _place(frame: Image, head: Head, x: float, y: float, face_px: float, angle_deg: float) -> None:
    """Draw a head so that the middle of its face is at (x, y)."""
    scale = face_px / head.face_px
    side = head.image.shape[0]
    # shrink with area averaging first: a lens does not alias
    small = max(8, round(side * scale))
    image = cv2.resize(head.image, (small, small), interpolation=cv2.INTER_AREA)
    mask = cv2.resize(head.mask, (small, small), interpolation=cv2.INTER_AREA)
    turn = cv2.getRotationMatrix2D((small / 2, small / 2), angle_deg, 1.0)
    left, top = math.floor(x - small / 2), math.floor(y - small / 2)
    turn[:, 2] += (x - small / 2 - left, y - small / 2 - top)
    x0, y0 = max(0, left), max(0, top)
    target = frame[y0 : top + small, x0 : left + small]
    cut = (
        slice(y0 - top, y0 - top + target.shape[0]),
        slice(x0 - left, x0 - left + target.shape[1]),
    )
    weight = cv2.warpAffine(mask, turn, (small, small))[cut][:, :, None]
    drawn = cv2.warpAffine(image, turn, (small, small), borderMode=cv2.BORDER_REPLICATE)[cut]
    target[:] = (target * (1 - weight) + drawn * weight).astype(np.uint8)


def _find(detector: FaceDetector, portrait: Portrait) -> tuple[Image, Face, list[Face]]:
    image = read_image(faces.photos()[portrait.photo])
    found = sorted(
        detector.detect(image), key=lambda face: math.dist(face.centre_px, portrait.near)
    )
    if not found or math.dist(found[0].centre_px, portrait.near) > found[0].height_px / 2:
        raise say.Problem(f"{portrait.photo} has no face at {portrait.near}; run `make distclean`.")
    return image, found[0], found[1:]


def _alone(image: Image, face: Face, others: Sequence[Face]) -> Image:
    """The photo around a face, other people in it made unrecognisable."""
    image = image.copy()
    for other in others:
        x, y, width, height = (round(value) for value in other.box_px)
        part = image[max(0, y) : y + height, max(0, x) : x + width]
        part[:] = cv2.GaussianBlur(part, (0, 0), height / 6)
    return _square(image, *face.centre_px, 2.4 * face.height_px)


def _cut_out(image: Image, face: Face) -> Head:
    x, y = face.centre_px
    crop = _square(image, x, y, 0.95 * face.height_px)
    side = crop.shape[0]
    mask = np.zeros((side, side), np.float32)
    axes = (round(side * 0.36), round(side * 0.45))
    cv2.ellipse(mask, (side // 2, side // 2), axes, 0, 0, 360, 1.0, -1)
    return Head(crop, cv2.GaussianBlur(mask, (0, 0), side / 40), face.height_px)


def _square(image: Image, x: float, y: float, reach: float) -> Image:
    """The square around (x, y), its border repeated where the photo ends."""
    side, edge = round(2 * reach), math.ceil(reach) + 1
    padded = cv2.copyMakeBorder(image, edge, edge, edge, edge, cv2.BORDER_REPLICATE)
    left, top = round(x - reach) + edge, round(y - reach) + edge
    crop: Image = padded[top : top + side, left : left + side].copy()
    return crop


def counts() -> tuple[int, int]:
    """People streamed from another photo than enrolled from, and from the same one."""
    independent = [actor for actor in EMPLOYEES if actor.has_independent_photo]
    return len(independent), len(EMPLOYEES) - len(independent)


def caption(actor: Actor) -> str:
    """How honest this actor's stream is, in words."""
    return "another photo" if actor.has_independent_photo else "same photo, altered"
