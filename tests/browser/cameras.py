"""What the browser's fake camera plays: streams made of package photos, kept in the cache.

Chromium loops the file at 30 frames a second. Nothing of it is in git.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np

from device_bridge.adapters.images import read_image
from device_bridge.domain.capture import Face, ImageU8
from device_bridge.ports import FaceDetector
from tests.streams import BROWSER_FPS, frames, puppet_of_package, widened, write_mjpeg
from tools import faces, paths, stamps
from tools.demo.story import DANA, IDRIS, KIRI, MARA, TOMAS, VISITOR, Portrait

WIDTH, HEIGHT = 640, 480
FACE_PX = 190
LOOP_S = 2.0
_ENROLLED_PHOTO, _OTHER_PHOTO = 0, 1

Look = Callable[[FaceDetector], Iterable[ImageU8]]


def camera(name: str, detector: FaceDetector) -> Path:
    """The file of a stream, rendered once per cache. Raises KeyError for an unknown name."""
    made_by = (Path(__file__), Path(__file__).parents[1] / "streams.py")
    path = paths.CACHE / "browser" / stamps.digest(*made_by) / f"{name}.mjpeg"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        write_mjpeg(unfinished, _LOOKS[name](detector))
        unfinished.rename(path)
    return path


def pictures(name: str, detector: FaceDetector) -> Iterator[ImageU8]:
    """The stream's, without a file."""
    return iter(_LOOKS[name](detector))


def _standing(portrait: Portrait, face_px: float = FACE_PX, light: float = 1.0) -> Look:
    """Somebody who stands before the camera and sways a little."""

    def look(detector: FaceDetector) -> Iterator[ImageU8]:
        image, face = _find(detector, portrait)
        return _alive(lambda sway: _placed(image, face, face_px, sway), light)

    return look


def _two_people(detector: FaceDetector) -> Iterator[ImageU8]:
    people = [_find(detector, one) for one in (IDRIS.streamed_from, MARA.streamed_from)]

    def both(sway: float) -> ImageU8:
        halves = [_placed(image, face, FACE_PX, sway) for image, face in people]
        middle, quarter = WIDTH // 2, WIDTH // 4
        return np.hstack([half[:, quarter : quarter + middle] for half in halves])

    return _alive(both)


def _queue(detector: FaceDetector) -> Iterator[ImageU8]:
    """One person for four seconds, then at once another for four: no gap between them."""
    for portrait in (IDRIS.streamed_from, DANA.streamed_from):
        there = list(_standing(portrait)(detector))
        yield from [*there, *there]


def _nobody(_detector: FaceDetector) -> Iterator[ImageU8]:
    wall = np.full((HEIGHT, WIDTH, 3), (150, 158, 150), np.uint8)
    cv2.rectangle(wall, (220, 60), (420, HEIGHT), (112, 120, 124), -1)
    return _alive(lambda _sway: wall)


def _arriving(detector: FaceDetector) -> Iterator[ImageU8]:
    """Two seconds of nobody, then somebody for four; a white corner tells when they are there."""
    image, face = _find(detector, TOMAS.streamed_from)
    empty = list(_nobody(detector))
    there = list(_alive(lambda sway: _placed(image, face, FACE_PX, sway)))
    for number, picture in enumerate([*empty, *there, *there]):
        marked = picture.copy()
        marked[:24, :24] = 255 if number >= len(empty) else 0
        yield marked


def _alive(draw: Callable[[float], ImageU8], light: float = 1.0) -> Iterator[ImageU8]:
    """A loop of LOOP_S in which no two frames are copies."""
    random = np.random.default_rng(7)
    count = round(LOOP_S * BROWSER_FPS)
    for number in range(count):
        drawn = draw(float(np.sin(2 * np.pi * number / count)))
        noise = random.normal(0, 2.0, drawn.shape)
        yield np.clip(drawn * light + noise, 0, 255).astype(np.uint8)


def _find(detector: FaceDetector, portrait: Portrait) -> tuple[ImageU8, Face]:
    image = read_image(faces.photos()[portrait.photo])
    x, y = portrait.near
    found = min(
        detector.detect(image),
        key=lambda face: abs(face.centre_px[0] - x) + abs(face.centre_px[1] - y),
    )
    return image, found


def _placed(image: ImageU8, face: Face, face_px: float, sway: float) -> ImageU8:
    """The photo scaled so that the face has that height, in the middle of the frame."""
    scale = face_px / face.height_px * (1 + 0.02 * sway)
    small = image
    if scale < 1:  # a lens does not alias
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        scale = 1.0
    factor = small.shape[0] / image.shape[0]
    x, y = (part * factor * scale for part in face.centre_px)
    move = np.array(
        [[scale, 0, WIDTH / 2 - x + 5 * sway], [0, scale, HEIGHT * 0.48 - y + 2 * sway]]
    )
    size, edge = (WIDTH, HEIGHT), cv2.BORDER_REPLICATE
    return np.asarray(cv2.warpAffine(small, move, size, borderMode=edge), np.uint8)


_LOOKS: dict[str, Look] = {
    "idris": _standing(IDRIS.streamed_from),  # another photo than the enrolled one
    "dana": _standing(DANA.streamed_from),
    "mara": _standing(MARA.streamed_from),
    "kiri": _standing(KIRI.streamed_from),
    "stranger": _standing(VISITOR.streamed_from),
    "too_far": _standing(IDRIS.streamed_from, face_px=36),
    "dark": _standing(IDRIS.streamed_from, light=0.25),
    "turned": lambda _detector: _turned(),
    "two_people": _two_people,
    "queue": _queue,
    "nobody": _nobody,
    "arriving": _arriving,
    "enrolling": lambda _detector: _enrolling(),
    "still": lambda _detector: _held_still(),
}


def _turned() -> Iterator[ImageU8]:
    """Somebody who looks well past the camera: at the bound, page and service may differ."""
    puppet = puppet_of_package("obama")
    return _alive(lambda sway: widened(puppet.frame(yaw_deg=-62 + 2 * sway, noise=0)))


def _held_still() -> Iterator[ImageU8]:
    """The puppet's photo at rest: a picture held up, whatever the page asks for."""
    return frames(puppet_of_package("obama"), "neutral 2")


def _enrolling() -> Iterator[ImageU8]:
    """From the front, then slowly to the one side and to the other; each is held for a while."""
    puppet = puppet_of_package("biden")
    moments_s, yaws_deg = [0, 2.5, 3.2, 5, 5.7, 6.2, 7, 8.8, 9.5], [0, 0, 36, 36, 0, 0, -50, -50, 0]
    for at_s in np.arange(0, moments_s[-1], 1 / BROWSER_FPS):
        yaw_deg = float(np.interp(at_s, moments_s, yaws_deg))
        square = puppet.frame(yaw_deg=yaw_deg, noise=0)
        wide = cv2.copyMakeBorder(square, 0, 0, 80, 80, cv2.BORDER_REPLICATE)
        yield puppet.noisy(np.asarray(wide, np.uint8), 2.0)
