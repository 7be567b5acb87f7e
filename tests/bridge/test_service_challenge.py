"""A challenge over HTTP, on real pixels: asked for, done in front of a camera, judged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from device_bridge.adapters.face_deepface.landmarks68 import Landmarks68
from device_bridge.adapters.face_deepface.registry import Registry
from device_bridge.adapters.images import read_image
from device_bridge.api.bodies import Limits
from device_bridge.domain.liveness import PadMode
from device_bridge.domain.template import Person
from device_bridge.errors import WeightsMissing
from device_bridge.pipeline.observe import Liveness
from device_bridge.ports import AttackDetector
from tests.bridge.puppet import Puppet
from tests.bridge.service import ENCOUNTER, Eyes, Service
from tests.builders import gate
from tests.streams import frames, jpeg, puppet_of

MARA = 42
KIOSK_FPS = 10


def _nothing() -> AttackDetector:
    raise WeightsMissing("a gate with the challenge only needs none")


@pytest.fixture(scope="module")
def booth(weights_home: Path, faces_dir: Path) -> Iterator[tuple[Service, Puppet]]:
    """A service that knows the person of a photo, and the photo to be posed."""
    registry = Registry(weights_home)
    detector, embedder = registry.detector(), registry.embedder()
    landmarker = Landmarks68()
    photo = read_image(faces_dir / "face_recognition" / "obama.jpg")
    template = embedder.embed([embedder.align(photo, detector.detect(photo)[0])])
    service = Service(
        the_gate=gate(pad=PadMode.ACTIVE),
        liveness=Liveness(_nothing, lambda: landmarker),
        limits=Limits(8_000_000, 150, 1_000_000, 5.0),
        eyes=Eyes(detector, embedder, [Person(MARA, "Mara", template)]),
        request_timeout_s=60,
    )
    yield service, puppet_of(photo, detector, landmarker)
    service.close()


def answered(booth: tuple[Service, Puppet], encounter: str, shown: Any) -> Any:
    """The service's answer to a challenge that is met with the steps `shown` makes of it."""
    service, puppet = booth
    token = service.odoo.token("identify")
    params = {"encounter": encounter}
    asked = service.post("/v1/challenge", token, params=params).json()
    script = "neutral, " + ", ".join(shown(asked["steps"]))
    sent = [jpeg(one, 80) for one in frames(puppet, script, KIOSK_FPS)]
    at_ms = ",".join(str(number * 1000 / KIOSK_FPS) for number in range(len(sent)))
    return service.identify(
        *sent, encounter=encounter, challenge=asked["challenge"], at_ms=at_ms
    ).json()


def encounter(number: int) -> str:
    return f"{ENCOUNTER[:-2]}{number:02d}"


def test_whoever_does_what_was_asked_is_named(booth: tuple[Service, Puppet]) -> None:
    answer = answered(booth, encounter(1), lambda steps: steps)
    assert answer["challenge"] == {"state": "passed", "steps_done": 3, "failure": None}
    assert (answer["outcome"], answer["pad"]) == ("identified", "bona_fide")
    assert answer["person"] == {"employee": MARA, "display_name": "Mara"}
    [event] = [one for one in booth[0].outbox.pending(100) if one["uuid"] == answer["event"]]
    assert event["evidence"]["challenge"]["steps_done"] == 3


def _other_order(steps: list[str]) -> list[str]:
    """As asked, but for both turns exchanged: wherever the blink comes, that is noticed."""
    exchanged = {"turn_left": "turn_right", "turn_right": "turn_left", "blink": "blink"}
    return [exchanged[step] for step in steps]


@pytest.mark.parametrize(
    ("number", "shown"),
    [(2, _other_order), (3, lambda _: ["neutral 6"])],
    ids=["a recording of another order", "a still photo"],
)
def test_whoever_does_something_else_is_nobody(
    booth: tuple[Service, Puppet], number: int, shown: Any
) -> None:
    answer = answered(booth, encounter(number), shown)
    assert (answer["outcome"], answer["person"]) == ("presentation_attack", None)
    assert answer["challenge"]["state"] != "passed"
