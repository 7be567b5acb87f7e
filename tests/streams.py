"""A camera's stream of somebody who does what a script says: "neutral, left, right, blink".

Made of one photo that is posed (tests/bridge/puppet.py), so that a challenge can be passed
in a test. `frames` gives pictures; `write_mjpeg` a file for a browser's fake camera
(`--use-file-for-fake-video-capture`, which plays 30 frames a second in a loop):

    .venv/bin/python -m tests.streams obama "neutral 2, left, right, blink" out.mjpeg

A stream that plays in a loop fits two orders of six (tests/bridge/test_challenge.py); for any
order, play one clip per step when the page asks for it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np

from device_bridge.adapters.face_deepface.align import similarity_to
from device_bridge.adapters.face_deepface.landmarks68 import _POINTS, Landmarks68
from device_bridge.adapters.face_deepface.registry import Registry
from device_bridge.adapters.images import read_image
from device_bridge.domain.capture import ImageU8
from device_bridge.ports import FaceDetector, Landmarker
from tests.bridge.puppet import Puppet
from tests.conftest import CACHE

BROWSER_FPS = 30
NOISE = 2.0

# What is posed (0 to 1 of it) at so many seconds from the step's begin.
_POSES: dict[str, tuple[str, tuple[tuple[float, float], ...]]] = {
    "neutral": ("", ((0, 0), (1, 0))),
    "away": ("away", ((0, 1), (1, 1))),
    "blink": ("closed", ((0, 0), (0.15, 1), (0.45, 1), (0.6, 0), (0.9, 0))),
    "left": ("yaw_deg", ((0, 0), (0.6, 34), (0.8, 34), (1.4, 0), (1.8, 0))),
    "right": ("yaw_deg", ((0, 0), (0.6, -34), (0.8, -34), (1.4, 0), (1.8, 0))),
}
_PAUSE_S = 0.6


def puppet_of(photo_bgr: ImageU8, detector: FaceDetector, landmarker: Landmarker) -> Puppet:
    """The largest face of a photo, to be posed; best one that is frontal, with open eyes."""
    face = detector.detect(photo_bgr)[0]
    upright = landmarker.landmarks(photo_bgr, face)
    to_upright = similarity_to(face.landmarks_px.astype(np.float64), _POINTS)
    back = np.asarray(cv2.invertAffineTransform(to_upright), np.float64)
    return Puppet(photo_bgr, upright @ back[:, :2].T + back[:, 2])


def poses(script: str, fps: float = BROWSER_FPS) -> list[dict[str, float]]:
    """The pose of each frame of a script.

    Args:
        script: steps, separated by commas: neutral, blink, left, right, or away (nobody in
            view). Left and right are the person's own. A number behind neutral or away says
            how many seconds; 1 if there is none. Each step ends with a short rest.
    """
    made: list[dict[str, float]] = []
    for part in script.split(","):
        step, _, seconds = part.strip().partition(" ")
        what, points = _POSES[step.replace("turn_", "")]
        stretch = float(seconds or 1) if step in {"neutral", "away"} else 1
        at_s, values = np.array([(at * stretch, value) for at, value in points]).T
        rest_s = 0 if step in {"neutral", "away"} else _PAUSE_S
        moments = np.arange(0, at_s[-1] + rest_s, 1 / fps)
        made += [{what: float(one)} if what else {} for one in np.interp(moments, at_s, values)]
    return made


def frames(
    puppet: Puppet, script: str, fps: float = BROWSER_FPS, *, noise: float = NOISE
) -> Iterator[ImageU8]:
    """(480, 640, 3) uint8 BGR pictures of a script; no two are copies of each other."""
    for pose in poses(script, fps):
        if "away" in pose:
            yield puppet.noisy(np.full((480, 640, 3), 110, np.uint8), noise)
        else:
            yield puppet.noisy(widened(puppet.frame(**pose, noise=0)), noise)


def jpeg(image: ImageU8, quality: int = 90) -> bytes:
    """As a browser's camera or a kiosk would send it."""
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return data.tobytes()


def write_mjpeg(path: Path, pictures: Iterable[ImageU8]) -> None:
    """One JPEG after the other, which is what Chromium takes for a camera."""
    with path.open("wb") as file:
        file.writelines(jpeg(picture) for picture in pictures)


def puppet_of_package(name: str, cache: Path = CACHE) -> Puppet:
    """The person of a photo of the package face_recognition; obama and biden pose well."""
    photo = read_image(cache / "faces" / "face_recognition" / f"{name}.jpg")
    return puppet_of(photo, Registry(cache / "weights").detector(), Landmarks68())


def widened(square: ImageU8) -> ImageU8:
    """480×480 to 640×480; the wall goes on to both sides."""
    wide = cv2.copyMakeBorder(square, 0, 0, 80, 80, cv2.BORDER_REPLICATE)
    return wide.astype(np.uint8, copy=False)


if __name__ == "__main__":
    person, script, out = sys.argv[1:]
    write_mjpeg(Path(out), frames(puppet_of_package(person), script))
