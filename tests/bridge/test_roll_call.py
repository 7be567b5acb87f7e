"""Who is on photos of many people: parts of large pictures, and the call over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_bridge.api.bodies import Limits
from device_bridge.api.roll_call import MOST_PHOTOS
from device_bridge.domain.capture import Face, ImageU8
from device_bridge.domain.tiles import moved, tiles, without_repeats
from device_bridge.fakes.recognition import PaintedFaceDetector, paint_face
from device_bridge.pipeline.roll_call import TILE_PX, CrowdDetector
from tests.bridge.service import ANN, BEN, GATE, STRANGER, Service, empty_room, picture, png
from tests.builders import face

SIDES = st.integers(1, 12_000)


@given(width=SIDES, height=SIDES)
def test_tiles_cover_the_picture_and_a_face_at_a_seam_is_whole_in_one(
    width: int, height: int
) -> None:
    parts = tiles(width, height, 2048, 320)
    assert bool(parts) is (max(width, height) > 2048)
    for axis, length in ((0, width), (1, height)) if parts else ():
        spans = sorted({(part[axis], part[axis] + part[axis + 2]) for part in parts})
        assert (spans[0][0], spans[-1][1]) == (0, length)
        assert all(end - start <= 2048 for start, end in spans)
        assert all(a[1] - b[0] >= 320 for a, b in pairwise(spans))


def test_of_a_face_found_twice_the_whole_one_stays() -> None:
    whole, cut, other = face(100, 100, 100), face(100, 100, 60), face(400, 100, 90)
    assert without_repeats([cut, other, whole], 10) == [whole, other]
    assert without_repeats([whole, other], 1) == [whole]
    assert moved(cut, 7, 9).box_px[:2] == (107, 109)
    assert np.allclose(moved(cut, 7, 9).landmarks_px - cut.landmarks_px, [7, 9])


class ShortSighted:
    """Finds faces of at least a fiftieth of the picture, as a detector that shrinks it."""

    def detect(self, image_bgr: ImageU8) -> tuple[Face, ...]:
        least = max(image_bgr.shape[:2]) / 50
        found = PaintedFaceDetector().detect(image_bgr)
        return tuple(one for one in found if one.height_px >= least)


def test_small_faces_of_a_large_photo_are_found_too() -> None:
    image = np.zeros((700, 2 * TILE_PX, 3), np.uint8)
    paint_face(image, ANN, TILE_PX - 40, 500, 90)  # across the middle
    paint_face(image, BEN, 200, 50, 400)
    assert len(ShortSighted().detect(image)) == 1
    assert [one.height_px for one in CrowdDetector(ShortSighted()).detect(image)] == [400, 90]


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    one = Service()
    yield one
    one.close()


def call_roll(service: Service, *photos: bytes, **fields: str) -> Any:
    token = service.odoo.token("rollcall", gate=None, client="fc_door")
    files = [("frame", ("f", one, "image/jpeg")) for one in photos]
    return service.post("/v1/rollcall", token, files=files, data=fields)


def test_everybody_on_a_photo_is_told_by_name_and_strangers_as_strangers(
    service: Service,
) -> None:
    answer = call_roll(service, picture(ANN, STRANGER, BEN)).json()
    [photo] = answer["photos"]
    assert (photo["width"], photo["height"], photo["detail"]) == (640, 480, "")
    told = {one["box"]["x"]: (one["outcome"], one["person"]) for one in photo["faces"]}
    assert told == {
        40: ("identified", {"employee": ANN, "display_name": "Ann"}),
        240: ("no_candidate", None),
        440: ("identified", {"employee": BEN, "display_name": "Ben"}),
    }
    assert [one["similarity"] for one in photo["faces"] if one["person"]] == [1.0, 1.0]


def test_a_face_too_small_to_name_is_told_with_whom_it_may_be(service: Service) -> None:
    [photo] = call_roll(service, picture(ANN, side_px=40)).json()["photos"]
    [one] = photo["faces"]
    assert (one["outcome"], one["person"], one["similarity"]) == ("low_quality", None, None)
    assert one["quality"]["defects"] == ["too_far"]
    assert one["similar"] == [{"employee": ANN, "similarity": 1.0}]


def test_a_photo_that_cannot_be_read_stops_no_other(service: Service) -> None:
    bad, empty, good = call_roll(service, b"hello", empty_room(), picture(BEN)).json()["photos"]
    assert (bad["faces"], bad["width"]) == ([], 0)
    assert bad["detail"]
    assert (empty["faces"], empty["detail"]) == ([], "")
    assert good["faces"][0]["person"]["employee"] == BEN


def test_nothing_is_written(service: Service) -> None:
    call_roll(service, picture(ANN))
    assert (service.outbox.pending(10), service.woken) == ([], 0)


@pytest.mark.parametrize(
    ("scope", "gate", "client", "status"),
    [
        ("identify", GATE, None, 403),
        ("rollcall", GATE, None, 403),
        ("enrol", None, "fc_door", 403),
        ("rollcall", None, "fc_gone", 401),
        ("rollcall", None, "fc_door", 200),
    ],
    ids=["a kiosk", "a kiosk that says so", "another scope", "a revoked program", "a program"],
)
def test_only_a_program_with_the_scope_may_ask(
    service: Service, scope: str, gate: int | None, client: str | None, status: int
) -> None:
    token = service.odoo.token(scope, gate=gate, client=client)
    assert service.post("/v1/rollcall", token, picture(ANN)).status_code == status


@pytest.mark.parametrize(
    ("fields", "field"), [({"threshold": "2"}, "threshold"), ({"gate": "1"}, "frame")]
)
def test_other_fields_are_refused(service: Service, fields: dict[str, str], field: str) -> None:
    answer = call_roll(service, picture(ANN), **fields)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)


def test_more_photos_than_can_be_answered_in_time_are_refused() -> None:
    service = Service(limits=Limits(1_000_000, 150, 1_000_000, 5.0))
    small = png(np.zeros((9, 9, 3), np.uint8))
    answer = call_roll(service, *[small] * (MOST_PHOTOS + 1))
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "frame")
    service.close()
