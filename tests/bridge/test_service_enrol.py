"""Photos examined for enrolment, and templates compared, over HTTP with painted faces."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest

from device_bridge.adapters.images import decode_image, encode_jpeg
from device_bridge.api.bodies import Limits
from device_bridge.api.enrolment import MOST_PHOTOS
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.domain.pose import Pose, pose_of
from device_bridge.domain.resemblance import LOOK_ALIKE_BELOW, among
from device_bridge.domain.template import Person
from device_bridge.fakes.recognition import MODEL, vector_of
from tests.bridge.service import (
    ANN,
    BEN,
    STRANGER,
    Service,
    empty_room,
    picture,
    vector_of_answer,
)
from tests.builders import face

PROGRAM = "fc_door"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    one = Service()
    yield one
    one.close()


def enrol(service: Service, *photos: bytes, **fields: str) -> Any:
    token = service.odoo.token("enrol", gate=None, client=PROGRAM)
    files = [("frame", ("f", one, "image/jpeg")) for one in photos]
    return service.post("/v1/enrol", token, files=files, data=fields)


def compare(service: Service, body: Any) -> Any:
    token = service.odoo.token("enrol", gate=None, client=PROGRAM)
    kind = {"Content-Type": "application/json"}
    if isinstance(body, bytes):
        return service.post("/v1/lookalikes", token, content=body, headers=kind)
    return service.post("/v1/lookalikes", token, json=body, headers=kind)


def template(group: str, vector: Any) -> dict[str, str]:
    return {"group": group, "vector": base64.b64encode(vector.astype("<f4").tobytes()).decode()}


def test_a_photo_is_told_its_face_template_crop_and_whom_it_resembles(service: Service) -> None:
    answer = enrol(service, picture(ANN)).json()
    assert (answer["model"], answer["dimension"]) == (MODEL, 8)
    [photo] = answer["photos"]
    assert (photo["unfit"], photo["found"]) == (None, 1)
    [found] = photo["faces"]
    assert found["box"] == {"x": 40, "y": 100, "width": 120, "height": 120}
    assert (found["pose"], found["quality"]["defects"]) == ("frontal", [])
    assert np.allclose(vector_of_answer(found["vector"]), vector_of(ANN))
    assert found["similar"] == [{"employee": ANN, "similarity": 1.0}]
    crop = decode_image(base64.b64decode(found["crop"]), "crop")
    assert crop.shape == (240, 220, 3)  # 60 px around, as far as the picture goes


def test_a_stranger_resembles_nobody(service: Service) -> None:
    [photo] = enrol(service, picture(STRANGER)).json()["photos"]
    assert photo["faces"][0]["similar"] == []


@pytest.mark.parametrize(
    ("photo", "unfit", "defects"),
    [
        (empty_room(), "no_face", None),
        (picture(ANN, BEN), "multiple_faces", []),
        (picture(ANN, side_px=60), "low_quality", ["too_far"]),
        (b"hello", "unreadable", None),
        (picture(ANN)[:300], "unreadable", None),
    ],
    ids=["nobody", "two people", "too far for enrolment", "no picture", "cut short"],
)
def test_an_unfit_photo_says_why_and_stops_no_other(
    service: Service, photo: bytes, unfit: str, defects: list[str] | None
) -> None:
    bad, good = enrol(service, photo, picture(BEN)).json()["photos"]
    assert (bad["unfit"], good["unfit"]) == (unfit, None)
    assert bool(bad["detail"]) is (unfit == "unreadable")
    told = bad["faces"][0]["quality"]["defects"] if bad["faces"] else None
    assert told == defects


@pytest.mark.parametrize("value", ["", "no", "nan", "1.1", "-0.1"])
def test_a_threshold_that_is_none_is_refused(service: Service, value: str) -> None:
    answer = enrol(service, picture(ANN), threshold=value)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "threshold")


def test_the_caller_says_from_where_on_people_resemble_each_other(service: Service) -> None:
    least = float(vector_of(ANN) @ vector_of(STRANGER))
    found = [
        enrol(service, picture(STRANGER), threshold=str(value)).json()["photos"][0]
        for value in (max(least + 0.01, 0.0), 0.99)
    ]
    near = [[one["employee"] for one in photo["faces"][0]["similar"]] for photo in found]
    assert (ANN in near[0], near[1]) == (least >= 0, [])


def test_a_photo_of_a_crowd_is_bounded(service: Service) -> None:
    image = np.zeros((480, 640, 3), np.uint8)
    for number in range(12):
        x, y = 10 + number % 6 * 100, 20 + number // 6 * 200
        image[y : y + 90, x : x + 90] = 60 + number
    photo = bytes(cv2.imencode(".png", image)[1])
    [told] = enrol(service, photo).json()["photos"]
    assert (told["unfit"], told["found"], len(told["faces"])) == ("multiple_faces", 12, 10)


def test_more_photos_than_can_be_answered_in_time_are_refused() -> None:
    service = Service(limits=Limits(1_000_000, 150, 1_000_000, 5.0))
    small = bytes(cv2.imencode(".jpg", np.zeros((9, 9, 3), np.uint8))[1])
    assert enrol(service, *[small] * MOST_PHOTOS).status_code == 200
    answer = enrol(service, *[small] * (MOST_PHOTOS + 1))
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "frame")
    service.close()


def test_whoever_resembles_a_face_most_is_told_first_and_few_are_told() -> None:
    gallery = MatrixGallery(MODEL, 8, block_rows=2)
    near = [vector_of(1) + 0.01 * n * vector_of(2) for n in range(5)]
    people = [
        Person(employee, "", np.stack([one / np.linalg.norm(one), vector_of(3)]))
        for employee, one in enumerate(near, start=1)
    ]
    gallery.update(people, [])
    found = gallery.similar(vector_of(1), 0.9, 3)
    assert [one.employee for one in found] == [1, 2, 3]
    assert found[0].similarity > found[1].similarity > found[2].similarity > 0.9
    assert gallery.similar(vector_of(5), 0.999, 3) == ()


def test_photos_for_enrolment_leave_the_kiosk_its_threads(service: Service) -> None:
    service.workers._taken = 6  # all of them busy
    try:
        assert service.identify(picture(ANN)).status_code == 503
        assert enrol(service, picture(ANN)).status_code == 200
    finally:
        service.workers._taken = 0
    assert service.identify(picture(ANN)).status_code == 200


def test_templates_of_different_people_that_are_too_close_are_named_once(service: Service) -> None:
    body = {
        "templates": [
            template("ann", vector_of(ANN)),
            template("ben", vector_of(BEN)),
            template("ann", vector_of(ANN)),
            template("impostor", vector_of(ANN)),
        ]
    }
    answer = compare(service, body).json()
    assert answer["own"] == [1, 0, 1, 0]
    assert answer["pairs"] == [[0, 3, 1.0], [2, 3, 1.0]]
    assert answer["complete"] is True


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", None),
        (b"[]", None),
        (b"{", None),
        ({"templates": []}, "templates"),
        ({"templates": [{"group": "a"}]}, "templates.0.vector"),
        ({"templates": [template("a", vector_of(1)) | {"sudo": 1}]}, "templates.0.sudo"),
        ({"templates": [template("a" * 65, vector_of(1))]}, "templates.0.group"),
        ({"templates": [{"group": "a", "vector": "?"}]}, "templates"),
        ({"templates": [template("a", vector_of(1)[:4])]}, "templates"),
        ({"templates": [template("a", vector_of(1) * 2)]}, "templates"),
        ({"templates": [template("a", vector_of(1) * np.nan)]}, "templates"),
        (
            {"templates": [template("a", vector_of(1)), template("b", vector_of(1)[:4])]},
            "templates",
        ),
    ],
)
def test_what_are_no_templates_is_refused_for_its_field(
    service: Service, body: Any, field: str | None
) -> None:
    answer = compare(service, body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed")
    assert answer.json()["error"]["field"] == field


def test_a_look_alike_is_a_pair_and_no_duplicate() -> None:
    one = np.eye(8, dtype=np.float32)[0]
    angle = np.arccos(0.95 - LOOK_ALIKE_BELOW / 2)
    other = (np.cos(angle) * one + np.sin(angle) * np.eye(8)[1]).astype(np.float32)
    found = among(np.stack([one, other, other]), ["a", "b", "a"], 0.95)
    assert [(first, second) for first, second, _ in found.pairs] == [(0, 1), (1, 2)]
    assert found.own == (0, 0, 0)


@pytest.mark.parametrize(
    ("nose_px", "pose"),
    [(0, Pose.FRONTAL), (3, Pose.FRONTAL), (5, Pose.LEFT), (-5, Pose.RIGHT)],
)
def test_a_pose_is_told_by_the_nose(nose_px: float, pose: Pose) -> None:
    points = face(size=100).landmarks_px.copy()
    points[2, 0] += nose_px  # the eyes are 40 px apart
    assert pose_of(points) is pose


@pytest.mark.parametrize(
    ("shape", "longest"), [((100, 50, 3), 40), ((50, 100, 3), 40), ((30, 20, 3), 30)]
)
def test_a_crop_is_made_no_larger_than_it_is(shape: tuple[int, ...], longest: int) -> None:
    crop = decode_image(encode_jpeg(np.zeros(shape, np.uint8), 40), "crop")
    assert max(crop.shape[:2]) == longest


def test_nothing_is_encoded_of_nothing() -> None:
    assert encode_jpeg(np.zeros((0, 5, 3), np.uint8), 40) == b""
