"""How far a photo can be spoilt before its template no longer fits, and what the gate says.

`python -m tests.bench.spoil PHOTOS` (a folder of portraits) rewrites the table in
docs/benchmarks.md; the thresholds in domain/quality.py come from it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from device_bridge.adapters.face_deepface.registry import Registry
from device_bridge.adapters.face_deepface.yunet import shrink
from device_bridge.domain.capture import Face, ImageU8
from device_bridge.domain.quality import ENROL, MATCH, judge, measure
from device_bridge.domain.template import Vectors
from tests.bench.measure import say_progress
from tests.bench.report import replace_between
from tests.bench.run import CACHE, ROOT
from tests.bench.subjects import Ours

MARKS = ("<!-- spoil:start -->", "<!-- spoil:end -->")
FACE_PX = 150
Spoiling = Callable[[ImageU8, Face, float], ImageU8]


@dataclass(frozen=True)
class Subject:
    """A portrait whose face is FACE_PX high, and its template before it is spoilt."""

    image: ImageU8
    face: Face
    template: Vectors


def _u8(image: object) -> ImageU8:
    return np.clip(np.asarray(image, np.float32), 0, 255).astype(np.uint8)


def smaller(image: ImageU8, face: Face, height_px: float) -> ImageU8:
    """In the middle of a 1280×720 frame, as a camera would see it from further away."""
    small = shrink(image, height_px / face.height_px)[:720, :1280]
    frame = np.full((720, 1280, 3), 90, np.uint8)
    top, left = (720 - small.shape[0]) // 2, (1280 - small.shape[1]) // 2
    frame[top : top + small.shape[0], left : left + small.shape[1]] = small
    return frame


def out_of_focus(image: ImageU8, face: Face, part: float) -> ImageU8:
    return _u8(cv2.GaussianBlur(image, (0, 0), part * face.height_px))


def moving(image: ImageU8, face: Face, part: float) -> ImageU8:
    length = max(1, round(part * face.height_px))
    return _u8(cv2.blur(image, (length, 1)))


def gain(image: ImageU8, face: Face, factor: float) -> ImageU8:
    """Exposure, with the noise of a sensor on top."""
    noise = np.random.default_rng(round(face.box_px[0])).normal(0, 2, image.shape)
    return _u8(image.astype(np.float32) * factor + noise)


def turned(image: ImageU8, face: Face, degrees: float) -> ImageU8:
    matrix = cv2.getRotationMatrix2D(face.centre_px, degrees, 1)
    return _u8(cv2.warpAffine(image, matrix, (image.shape[1], image.shape[0])))


def cut_left(image: ImageU8, face: Face, part: float) -> ImageU8:
    x, _, width, _ = face.box_px
    return np.ascontiguousarray(image[:, max(0, round(x + part * width)) :])


def cut_below(image: ImageU8, face: Face, part: float) -> ImageU8:
    _, y, _, height = face.box_px
    return np.ascontiguousarray(image[: round(y + height - part * height)])


SPOILINGS: tuple[tuple[str, Spoiling, tuple[float, ...]], ...] = (
    ("face height in 1280×720, px", smaller, (32, 40, 48, 64, 80, 120)),
    ("out of focus, σ / face height", out_of_focus, (0.01, 0.02, 0.03, 0.05, 0.08)),
    ("moving, way / face height", moving, (0.03, 0.06, 0.1, 0.15, 0.2)),
    ("under-exposed, gain", gain, (0.5, 0.3, 0.2, 0.1)),
    ("over-exposed, gain", gain, (1.3, 1.6, 2.0, 2.5)),
    ("head tilted, degrees", turned, (10, 15, 20, 25, 30, 40)),
    ("cut off beside, part of the face", cut_left, (0.1, 0.2, 0.3, 0.4)),
    ("cut off below, part of the face", cut_below, (0.1, 0.2, 0.3, 0.4)),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path, help="folder of portraits")
    parser.add_argument("--weights", type=Path, default=CACHE / "weights")
    given = parser.parse_args()
    ours = Ours(Registry(given.weights))
    subjects = list(_subjects(ours, given.photos))
    if not subjects:
        raise SystemExit(f"{given.photos} holds no portrait (*.jpg with one good face).")
    lines = [
        "| spoilt by | to | found | similarity to the original: 5 % | median | match | enrol |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for title, spoiling, levels in SPOILINGS:
        for number, level in enumerate(levels, 1):
            lines.append(_row(ours, subjects, title, spoiling, level))
            say_progress(title, number, len(levels))
    lines += ["", f"{len(subjects)} portraits, {datetime.now(UTC):%Y-%m-%d}."]
    replace_between(ROOT / "docs" / "benchmarks.md", MARKS, "\n".join(lines))


def _subjects(ours: Ours, folder: Path) -> Iterator[Subject]:
    for path in sorted(folder.glob("*.jpg")):
        photo = cv2.imread(str(path))
        if photo is None:
            continue
        image = _u8(photo)
        found = ours.detector.detect(image)
        if len(found) != 1 or found[0].height_px < FACE_PX:
            continue
        image = shrink(image, FACE_PX / found[0].height_px)
        [face] = ours.detector.detect(image)[:1]
        chip = ours.embedder.align(image, face)
        if judge(measure(face, chip, image.shape), MATCH).usable:
            yield Subject(image, face, ours.embedder.embed([chip])[0])


def _row(ours: Ours, subjects: list[Subject], title: str, spoiling: Spoiling, level: float) -> str:
    similarities, matched, enrolled = [], 0, 0
    for subject in subjects:
        spoilt = _as_jpeg(spoiling(subject.image, subject.face, level))
        found = ours.detector.detect(spoilt)
        if not found:
            continue
        chip = ours.embedder.align(spoilt, found[0])
        measures = measure(found[0], chip, spoilt.shape)
        similarities.append(float(ours.embedder.embed([chip])[0] @ subject.template))
        matched += judge(measures, MATCH).usable
        enrolled += judge(measures, ENROL).usable
    everyone = len(subjects)
    low, middle = np.percentile(similarities, [5, 50]) if similarities else (np.nan, np.nan)
    return (
        f"| {title} | {level:g} | {len(similarities) / everyone:.0%} | {low:.3f} | {middle:.3f} "
        f"| {matched / everyone:.0%} | {enrolled / everyone:.0%} |"
    )


def _as_jpeg(image: ImageU8) -> ImageU8:
    encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
    return _u8(cv2.imdecode(encoded, cv2.IMREAD_COLOR))


if __name__ == "__main__":
    main()
