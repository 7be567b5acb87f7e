"""The challenge on real pixels: detector, landmarks, templates and judge together.

The sequences are photos that are posed, or moved as a hand would move them (puppet.py).
They show that the steps are understood and that a still photo gets nowhere; how often
real attacks would pass (APCER) takes real attacks.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from device_bridge.adapters.face_deepface.landmarks68 import Landmarks68
from device_bridge.adapters.face_deepface.registry import Registry
from device_bridge.adapters.images import read_image
from device_bridge.domain.capture import Face, Frame, ImageU8
from device_bridge.domain.challenge import Challenge, Failure, Moment, Progress, State, Step
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.domain.gate import Gate
from device_bridge.domain.judge import judge
from device_bridge.domain.landmarks import features
from device_bridge.domain.liveness import PadMode
from device_bridge.domain.template import Person, Vectors
from device_bridge.domain.visit import Observation
from device_bridge.pipeline.observe import Liveness, Observer
from device_bridge.ports import FaceDetector, FaceEmbedder
from tests.bridge.puppet import Points, Puppet, performance
from tests.builders import at, gate
from tests.streams import puppet_of

FPS = 15
ORDERS = list(itertools.permutations(Step))
PEOPLE = ("obama", "biden")


@dataclass
class Booth:
    """A camera with everything behind it, up to the judge."""

    detector: FaceDetector
    embedder: FaceEmbedder
    landmarker: Landmarks68

    def puppet(self, photo: ImageU8) -> tuple[Puppet, Vectors]:
        """The photo to be posed, and its template."""
        face = self.detector.detect(photo)[0]
        template = self.embedder.embed([self.embedder.align(photo, face)])
        return puppet_of(photo, self.detector, self.landmarker), template

    def moments(self, frames: Iterable[ImageU8], template: Vectors) -> list[Moment]:
        """What a gate would tell the judge of these frames, at 15 a second."""
        gallery = MatrixGallery(self.embedder.model, self.embedder.dimension)
        gallery.update([Person(1, "Mara", template)], [])
        liveness = Liveness(_none, lambda: self.landmarker)
        observer = Observer(self.detector, self.embedder, gallery, liveness)
        asked: Gate = gate(pad=PadMode.ACTIVE)
        found = []
        for number, image in enumerate(frames):
            seen = observer.observe(Frame(image, at(number / FPS), number), asked)
            found += [_moment(seen[0], len(seen), number, template)] if seen else []
        return found


def _none() -> None:
    raise AssertionError("a gate with the challenge only must not load the passive detector")


def _moment(seen: Observation, faces: int, number: int, template: Vectors) -> Moment:
    similarity = None if seen.probe is None else float((template @ seen.probe).max())
    return Moment(number / FPS, faces, seen.face, seen.features, similarity)


@pytest.fixture(scope="module")
def booth(weights_home: Path) -> Booth:
    registry = Registry(weights_home)
    return Booth(registry.detector(), registry.embedder(), Landmarks68())


@pytest.fixture(scope="module", params=PEOPLE)
def subject(
    booth: Booth, faces_dir: Path, request: pytest.FixtureRequest
) -> tuple[Puppet, Vectors]:
    return booth.puppet(read_image(faces_dir / "face_recognition" / f"{request.param}.jpg"))


def outcome(moments: list[Moment], order: tuple[Step, ...]) -> Progress:
    return judge(Challenge("0" * 32, order, same_person=0.92), moments)


@pytest.mark.parametrize("order", [ORDERS[0], ORDERS[5]], ids="-".join)
def test_a_genuine_sequence_passes_and_its_replay_under_another_order_does_not(
    booth: Booth, subject: tuple[Puppet, Vectors], order: tuple[Step, ...]
) -> None:
    puppet, template = subject
    seen = booth.moments((puppet.frame(**pose) for pose in performance(order)), template)
    passed = {asked for asked in ORDERS if outcome(seen, asked).state is State.PASSED}
    assert passed == {order}


def swinging(count: int = 40) -> list[float]:
    return [4 * math.pi * index / count for index in range(count)]


def seen_through(
    *,
    tilt: float = 0,
    turn: float = 0,
    roll: float = 0,
    zoom: float = 1,
    x: float = 0,
    y: float = 0,
) -> Points:
    """The homography of a flat photo held up to a camera, angles in degrees, for 480 px."""
    focal, half = 1.2 * 480, 240.0
    camera = np.array([[focal, 0, half], [0, focal, half], [0, 0, 1]])
    rotation = np.eye(3)
    for axis, angle in (((1, 0, 0), tilt), ((0, 1, 0), turn), ((0, 0, 1), roll)):
        rotation = rotation @ cv2.Rodrigues(np.radians(angle) * np.array(axis, float))[0]
    plane = np.column_stack([rotation[:, 0], rotation[:, 1], [x, y, focal / zoom]])
    return np.asarray(camera @ plane @ [[1, 0, -half], [0, 1, -half], [0, 0, 1]])


ATTACKS: dict[str, Callable[[Puppet, float], ImageU8]] = {
    "a photo held still": lambda puppet, _: puppet.still(),
    "panned": lambda puppet, t: puppet.still(seen_through(x=60 * math.sin(t), y=30 * math.cos(t))),
    "moved to and fro": lambda puppet, t: puppet.still(seen_through(zoom=1 + 0.4 * math.sin(t))),
    "rolled": lambda puppet, t: puppet.still(seen_through(roll=25 * math.sin(t))),
    "tilted back and forth": lambda puppet, t: puppet.still(seen_through(tilt=60 * math.sin(t))),
    "turned to both sides": lambda puppet, t: puppet.still(seen_through(turn=60 * math.sin(t))),
    "waved about": lambda puppet, t: puppet.still(
        seen_through(
            tilt=50 * math.sin(t),
            turn=50 * math.sin(1.7 * t),
            roll=15 * math.sin(0.6 * t),
            zoom=1 + 0.3 * math.sin(1.3 * t),
        )
    ),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_a_photo_does_not_pass_a_single_step(
    booth: Booth,
    subject: tuple[Puppet, Vectors],
    attack: Callable[[Puppet, float], ImageU8],
) -> None:
    puppet, template = subject
    seen = booth.moments((attack(puppet, t) for t in swinging()), template)
    assert len(seen) > 20, "the attack must be seen to be refused"
    for step in Step:
        assert outcome(seen, (step,)).steps_done == 0


@pytest.mark.parametrize("order", [ORDERS[0], ORDERS[3]], ids="-".join)
def test_photos_exchanged_for_each_other_do_not_pass(
    booth: Booth, subject: tuple[Puppet, Vectors], order: tuple[Step, ...]
) -> None:
    """Eyes shut, head to the left, head to the right: one photo each, shown when asked for.
    The blink may be believed; no head turns without passing through what lies between."""
    puppet, template = subject
    poses = {
        Step.BLINK: {"closed": 1.0},
        Step.TURN_LEFT: {"yaw_deg": 34.0},
        Step.TURN_RIGHT: {"yaw_deg": -34.0},
    }
    shown: list[dict[str, float]] = [{}] * 12
    for step in order:
        shown = shown + [poses[step]] * 6 + [{}] * 8
    progress = outcome(booth.moments((puppet.frame(**pose) for pose in shown), template), order)
    assert progress.state is not State.PASSED
    assert progress.steps_done <= order.index(Step.BLINK) + 1


def test_a_photo_bent_in_the_hand_does_not_blink(
    booth: Booth, subject: tuple[Puppet, Vectors]
) -> None:
    """Strongly bent and turned it may be taken for a turn: the blink is what it lacks."""
    puppet, template = subject
    seen = booth.moments((puppet.bent(60 * math.sin(t)) for t in swinging()), template)
    assert outcome(seen, (Step.BLINK,)).steps_done == 0


def test_somebody_elses_steps_under_a_borrowed_photo_do_not_pass(
    booth: Booth, faces_dir: Path
) -> None:
    """The photo of one is identified, then the other shows their own face."""
    photos = [read_image(faces_dir / "face_recognition" / f"{one}.jpg") for one in PEOPLE]
    (victim, template), (attacker, _) = (booth.puppet(photo) for photo in photos)
    order = ORDERS[0]
    frames = [victim.still() for _ in range(10)]
    frames += [attacker.frame(**pose) for pose in performance(order)]
    assert outcome(booth.moments(frames, template), order).failure is Failure.ANOTHER_PERSON


def test_landmarks_do_not_depend_on_roll_and_size(
    booth: Booth, subject: tuple[Puppet, Vectors]
) -> None:
    puppet, _ = subject
    measured = []
    for roll, zoom in ((0, 1.0), (15, 1.0), (-15, 1.0), (0, 0.6), (0, 1.5)):
        image = puppet.still(seen_through(roll=roll, zoom=zoom))
        points = booth.landmarker.landmarks(image, booth.detector.detect(image)[0])
        one = features(points)
        assert one is not None
        measured.append((one.openness, one.turn, one.length))
    assert np.ptp(measured, axis=0) == pytest.approx((0, 0, 0), abs=0.13)


def test_impossible_landmarks_are_refused(booth: Booth) -> None:
    from device_bridge.errors import FaceNotUsable

    broken = Face((0, 0, 100, 100), np.full((5, 2), np.nan, np.float32), 0.9)
    with pytest.raises(FaceNotUsable):
        booth.landmarker.landmarks(np.zeros((100, 100, 3), np.uint8), broken)
