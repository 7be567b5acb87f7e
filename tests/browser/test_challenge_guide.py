"""What the page shows of a challenge, against the judge: whoever does what is shown passes.

The page's own face finder and guide in a browser, the service's detector, landmarks and judge
beside it, on the same pictures; a puppet does each step when the page shows it. No clock: ten
pictures a second, however long each takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import pytest
from playwright.sync_api import Playwright

from device_bridge.adapters.face_deepface.landmarks68 import Landmarks68
from device_bridge.adapters.face_deepface.registry import Registry
from device_bridge.domain.challenge import Challenge, Moment, State, Step
from device_bridge.domain.judge import judge
from device_bridge.domain.landmarks import features
from tests.page_camera import PageCamera, page_camera
from tests.streams import frames, puppet_of_package
from tools import paths

FPS = 10
MOST_FRAMES = 150


@pytest.fixture(scope="module")
def camera(playwright: Playwright) -> Iterator[PageCamera]:
    with page_camera(playwright) as one:
        yield one


@pytest.mark.parametrize("steps", [*permutations(Step)][::2], ids=", ".join)
def test_whoever_does_what_the_page_shows_passes(
    camera: PageCamera, steps: tuple[Step, ...]
) -> None:
    detector, landmarker = Registry(paths.CACHE / "weights").detector(), Landmarks68()
    puppet = puppet_of_package("obama")
    moments: list[Moment] = []
    clip, shown = iter(()), ""
    camera.begin(list(steps))
    while not camera.is_done and len(moments) < MOST_FRAMES:
        image = next(clip, None)
        if image is None:
            doing = camera.shows if camera.shows != shown and camera.shows in {*Step} else ""
            shown = camera.shows
            clip = frames(puppet, doing.removeprefix("turn_") or "neutral 0.1", FPS)
            image = next(clip)
        at_s = len(moments) / FPS
        camera.guide(image, at_s * 1000)
        [face] = detector.detect(image)
        seen = features(landmarker.landmarks(image, face))
        moments.append(Moment(at_s, 1, face, seen, similarity=0.97))
    progress = judge(Challenge("0" * 32, steps, same_person=0.92), moments)
    assert progress.state is State.PASSED, (progress.failure, progress.steps_done, len(moments))
    assert len(moments) < 11.4 * FPS, "sooner than by the clock"
