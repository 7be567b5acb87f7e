"""How a page's measures of a face compare with the recognition service's; fits the factors.

    .venv/bin/python -m tests.bench.agreement

prints AS_THE_SERVICE (hr_face_attendance/static/src/camera/measure_face.js) as fitted by least
squares through the origin, what error is left, and how often page and service decide alike. The
pictures are made of package photos: people at several distances, tilted, in poor light, turned.
Of the turned ones half are two posed photos, a plain model of a head each: believe `offset` less.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import cv2
import numpy as np
from playwright.sync_api import sync_playwright

from device_bridge.adapters.face_deepface.registry import Registry
from device_bridge.adapters.images import read_image
from device_bridge.api.answers import good_picture
from device_bridge.domain import quality
from device_bridge.domain.capture import Face, ImageU8
from device_bridge.domain.guidance import guidance
from device_bridge.ports import FaceDetector, FaceEmbedder
from tests.page_camera import PageCamera, page_camera
from tests.streams import puppet_of_package, widened
from tools import faces, paths

WIDTH, HEIGHT = 640, 480
YAWS_DEG = range(-60, 61, 8)
ROLLS_DEG = (-36, -26, -18, -10, 0, 10, 18, 26, 36)
HEIGHTS_PX = (40, 56, 90, 150, 230, 330)
LIGHTS = (0.1, 0.2, 0.4, 1.6, 2.4)
SMALLEST_PX = 60  # of a face in a photo: enlarged further it is no photo any more


@dataclass(frozen=True)
class Pair:
    """One picture of one face as both measured it.

    Attributes:
        page: as measureFace answers, and "said": the page's guidance code or None.
        service: quality.Measures; `said` is the service's guidance.
    """

    kind: str
    page: dict[str, Any]
    service: quality.Measures
    said: str | None

    @property
    def agrees(self) -> bool:
        """Whether both would take the picture, or both would not."""
        return (self.page["said"] is None) == (self.said is None)


def pictures(detector: FaceDetector) -> Iterator[tuple[str, ImageU8]]:
    """(kind, 480×640 BGR) with one face each."""
    for name in ("obama", "biden"):
        puppet = puppet_of_package(name)
        for yaw_deg in YAWS_DEG:
            yield "turned", widened(puppet.frame(yaw_deg=yaw_deg, noise=2))
    for photo in faces.photos().values():
        image = read_image(photo)
        for face in detector.detect(image):
            if face.height_px < SMALLEST_PX:
                continue
            for height_px in HEIGHTS_PX:
                yield "distance", _placed(image, face, height_px)
            for roll_deg in ROLLS_DEG:
                yield "tilted", _placed(image, face, 150, roll_deg)
            for light in LIGHTS:
                lit = _placed(image, face, 150).astype(np.float32) * light
                yield "light", np.clip(lit, 0, 255).astype(np.uint8)


def compare(
    camera: PageCamera, detector: FaceDetector, embedder: FaceEmbedder, every: int = 1
) -> list[Pair]:
    """What both say of the pictures (of every n-th) in which both see one face."""
    table = good_picture(0).model_dump()
    pairs = []
    for kind, image in islice(pictures(detector), 0, None, every):
        found = detector.detect(image)
        seen = camera.measure(image, table)
        if len(found) != 1 or len(seen["faces"]) != 1:
            continue
        measures = quality.measure(found[0], embedder.align(image, found[0]), image.shape)
        defects = quality.judge(measures, quality.MATCH).defects
        page = seen["faces"][0] | {"said": seen["guidance"]}
        pairs.append(Pair(kind, page, measures, guidance(defects)))
    return pairs


def fitted(pairs: list[Pair], factors: dict[str, float]) -> dict[str, tuple[float, float]]:
    """{measure: (factor, standard deviation of what is left)}; of the height, of its ratio.

    Roll and offset by least squares through the origin, the height by the mean of its ratio:
    a pixel more or less means nothing in a large face.
    """
    made = {}
    for name, theirs in {"roll": "roll_deg", "offset": "nose_offset"}.items():
        x = np.array([one.page[name] / factors[name] for one in pairs])
        y = np.array([getattr(one.service, theirs) for one in pairs])
        factor = float(x @ y / (x @ x))
        made[name] = (factor, float(np.std(y - factor * x)))
    ratios = np.log(
        [one.service.height_px * factors["height"] / one.page["height"] for one in pairs]
    )
    made["height"] = (float(np.exp(ratios.mean())), float(ratios.std()))
    return made


def _placed(image: ImageU8, face: Face, height_px: float, roll_deg: float = 0) -> ImageU8:
    """The face in the middle of a camera's picture, so high, the head tilted."""
    scale = height_px / face.height_px
    small = image
    if scale < 1:  # a lens does not alias
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    x, y = (one * small.shape[0] / image.shape[0] for one in face.centre_px)
    rest = scale * image.shape[0] / small.shape[0]
    move = cv2.getRotationMatrix2D((x, y), roll_deg, rest)
    move[:, 2] += WIDTH / 2 - x, HEIGHT / 2 - y
    placed = cv2.warpAffine(small, move, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(placed, np.uint8)


def main() -> None:
    registry = Registry(paths.CACHE / "weights")
    with sync_playwright() as playwright, page_camera(playwright) as camera:
        pairs = compare(camera, registry.detector(), registry.embedder())
    print(f"{len(pairs)} pictures")  # noqa: T201
    for name, (factor, left) in fitted(pairs, camera.factors).items():
        print(f"{name:8} {factor:6.3f}  ± {left:.3f}")  # noqa: T201
    good = [one for one in pairs if one.page["said"] is None]
    taken = np.mean([one.said is None for one in good])
    print(f"of {len(good)} that the page finds good the service takes {taken:.1%}")  # noqa: T201
    for kind in sorted({one.kind for one in pairs}):
        mine = [one for one in pairs if one.kind == kind]
        alike = np.mean([one.agrees for one in mine])
        too_kind = sum(one.page["said"] is None and one.said is not None for one in mine)
        print(f"{kind:9} {len(mine):4}  alike {alike:.1%}, page too kind {too_kind}")  # noqa: T201


if __name__ == "__main__":
    main()
