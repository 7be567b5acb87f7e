"""A registration station, with painted faces."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from typer.testing import CliRunner

from device_bridge.adapters.images import encode_jpeg
from device_bridge.adapters.system_clock import SystemClock
from device_bridge.cli.app import app
from device_bridge.domain.pose import Pose
from device_bridge.domain.selection import best_of_each_pose, missing
from device_bridge.errors import CameraLost
from device_bridge.fakes.camera import FakeCamera
from device_bridge.fakes.recognition import PaintedFaceDetector, PaintedFaceEmbedder
from device_bridge.fakes.server import FakeServer
from device_bridge.pipeline.enrol import Enroller, Reference
from device_bridge.pipeline.station import LOOKS_PER_PICTURE, Station
from device_bridge.wiring import station as composition
from tests.bridge.service import ANN, BEN
from tests.builders import painted_frame


def enroller(server: FakeServer | None = None) -> Enroller:
    eyes = PaintedFaceDetector(), PaintedFaceEmbedder()
    return Enroller(*eyes, server or FakeServer({}), SystemClock(), encode_jpeg)


def reference(pose: Pose, quality: float) -> Reference:
    chip = painted_frame(0, 0, ANN).image_bgr
    return Reference(chip, quality, 100, pose, b"")


def test_the_best_of_each_pose_in_turn() -> None:
    found = [
        reference(Pose.FRONTAL, 0.7),
        reference(Pose.FRONTAL, 0.9),
        reference(Pose.FRONTAL, 0.8),
        reference(Pose.RIGHT, 0.6),
    ]
    best = [(one.pose, one.quality) for one in best_of_each_pose(found, 3)]
    assert best == [(Pose.FRONTAL, 0.9), (Pose.RIGHT, 0.6), (Pose.FRONTAL, 0.8)]
    assert missing(found) == [Pose.LEFT]
    assert best_of_each_pose([]) == []


@pytest.mark.parametrize(
    ("shown", "frames", "every", "looked", "kept"),
    [
        pytest.param(100, 6, 5, 6, 6, id="until there are enough"),
        pytest.param(100, 50, 5, 20, 8, id="until the recording ends; the best eight"),
        pytest.param(3, 50, 5, 1, 1, id="a short one"),
        pytest.param(0, 50, 5, 0, 0, id="nothing"),
    ],
)
def test_every_so_many_frames_until_there_are_enough(
    shown: int, frames: int, every: int, looked: int, kept: int
) -> None:
    camera = FakeCamera([painted_frame(n, n / 30, ANN) for n in range(shown)])
    found = Station(enroller(), camera, lambda _: None).collect(frames, every)
    assert (found.looked, len(found.references)) == (looked, kept)


def test_when_nobody_is_there_it_gives_up_and_says_why_once() -> None:
    told: list[str] = []
    camera = FakeCamera([painted_frame(n, n / 30) for n in range(200)])
    found = Station(enroller(), camera, told.append).collect(3, 1)
    assert (found.looked, found.references) == (3 * LOOKS_PER_PICTURE, [])
    assert told == ["no face was found"]


def test_two_people_are_told_apart_from_one_and_then_it_goes_on() -> None:
    told: list[str] = []
    crowd = [painted_frame(n, n / 30, ANN, BEN) for n in range(3)]
    alone = [painted_frame(n, n / 30, ANN) for n in range(3, 9)]
    found = Station(enroller(), FakeCamera(crowd + alone), told.append).collect(6, 1)
    assert len(found.references) == 6
    assert told[0] == "there is more than one face"
    assert "turn your head slowly to your left" in told
    assert found.poses_missing == (Pose.LEFT, Pose.RIGHT)


def test_a_lost_camera_is_said() -> None:
    camera = FakeCamera([painted_frame(0, 0, ANN)], CameraLost("unplugged"))
    with pytest.raises(CameraLost):
        Station(enroller(), camera, lambda _: None).collect(3, 1)


def test_one_person_after_the_other_each_with_their_pictures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = FakeServer({})
    camera = FakeCamera([painted_frame(n, n / 30, ANN) for n in range(10)])
    own = enroller(server)
    station = Station(own, camera, lambda _: None)
    monkeypatch.setattr("device_bridge.wiring.station.station_of", lambda *_: (station, own))
    typed = "F001\nben@kestrel.example\n\n"
    done = CliRunner().invoke(app, ["enrol", "--camera", "0", "--frames", "4"], input=typed)
    assert done.exit_code == 0, done.output
    people = [one["employee"] for one in server.enrolled]
    assert people == [
        {"by": "badge", "value": "F001"},
        {"by": "email", "value": "ben@kestrel.example"},
    ]
    template = server.enrolled[0]["templates"][0]
    assert template["pose"] == "frontal"
    assert base64.b64decode(template["crop"])[:2] == b"\xff\xd8"
    assert {one["source"] for one in server.enrolled} == {"camera"}


def test_a_face_of_somebody_else_is_left_to_hr(monkeypatch: pytest.MonkeyPatch) -> None:
    server = FakeServer({})
    server.refuse_enrolments = "duplicate_face"
    own = enroller(server)
    station = Station(own, FakeCamera([painted_frame(0, 0, ANN)]), lambda _: None)
    monkeypatch.setattr(composition, "station_of", lambda *_: (station, own))
    done = CliRunner().invoke(app, ["enrol", "--camera", "0", "--badge", "F001"])
    assert done.exit_code == 1
    assert "enrolled as somebody else" in done.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["enrol"],
        ["enrol", "a.jpg", "--camera", "0"],
        ["enrol", "--camera", "0", "--named-by", "badge"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_meant_is_refused(arguments: list[str], tmp_path: Path) -> None:
    done = CliRunner().invoke(app, [*arguments, "--state", str(tmp_path)])
    assert done.exit_code != 0
    assert type(done.exception).__name__ == "SettingsError"
