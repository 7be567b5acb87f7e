"""Pictures of somebody who is being enrolled, from their browser to Odoo, with painted faces."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from device_bridge.errors import ServerUnreachable
from tests.bridge.service import ANN, BEN, COMPANY, GATE, Service, empty_room, picture

SESSION = "3f0d9b51-6c3e-4a53-9d0a-2f5c7b1e8d44"
NAME = "7a1f0f0e-0000-4a53-9d0a-2f5c7b1e8d44"
OTHER = "7a1f0f0e-0001-4a53-9d0a-2f5c7b1e8d44"


@pytest.fixture
def service() -> Iterator[Service]:
    one = Service()
    yield one
    one.close()


def token(service: Service, **changes: Any) -> str:
    now = int(time.time())
    claims = service.odoo.claims("capture", gate=None) | {
        "sub": "enrolment:5",
        "enrolment": SESSION,
        "iat": now,
        "exp": now + 120,
    }
    claims |= changes
    return service.odoo.sign({name: value for name, value in claims.items() if value is not None})


def capture(service: Service, photo: bytes, name: str = NAME, **changes: Any) -> Any:
    return service.post(f"/v1/capture?capture={name}", token(service, **changes), photo)


def test_a_fit_picture_goes_to_odoo_and_the_browser_learns_no_vector(service: Service) -> None:
    answer = capture(service, picture(ANN))
    told = answer.json()
    assert (told["kept"], told["pose"], told["total"]) == (True, "frontal", 1)
    (sent,) = service.odoo.api.enrolled
    assert sent["session"] == SESSION
    (template,) = sent["templates"]
    assert template["uuid"] == told["uuid"]
    assert base64.b64decode(template["crop"])[:3] == b"\xff\xd8\xff"
    assert "vector" not in json.dumps(told)
    assert "similar" not in json.dumps(told)
    assert "employee" not in json.dumps(told)


def test_the_same_picture_again_is_the_same_capture(service: Service) -> None:
    first, again, other = (
        capture(service, picture(ANN), name).json()["uuid"] for name in (NAME, NAME, OTHER)
    )
    assert first == again != other
    assert first != NAME, "a browser cannot claim the UUID of somebody's template"


@pytest.mark.parametrize(
    ("photo", "unfit", "guidance"),
    [
        (empty_room(), "no_face", "come_into_view"),
        (picture(ANN, BEN), "multiple_faces", "one_person"),
        (picture(ANN, side_px=50), "low_quality", "come_closer"),
    ],
    ids=["nobody", "two people", "too far"],
)
def test_an_unfit_picture_stays_here_and_the_person_is_told(
    service: Service, photo: bytes, unfit: str, guidance: str
) -> None:
    told = capture(service, photo).json()
    assert (told["kept"], told["unfit"], told["guidance"]) == (False, unfit, guidance)
    assert service.odoo.api.enrolled == []


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"enrolment": None}, 403),
        ({"enrolment": 7}, 403),
        ({"gate": GATE}, 403),
        ({"scope": "identify"}, 403),
        ({"scope": "enrol"}, 403),
        ({"company": COMPANY + 1}, 403),
        ({"client_id": "fc_door"}, 403),
        ({"exp": int(time.time()) + 3600}, 401),
    ],
    ids=lambda changes: str(changes)[:40],
)
def test_only_the_token_of_an_enrolment_hands_pictures_over(
    service: Service, changes: dict[str, Any], status: int
) -> None:
    assert capture(service, picture(ANN), **changes).status_code == status
    assert service.odoo.api.enrolled == []


@pytest.mark.parametrize("path", ["/v1/identify", "/v1/verify", "/v1/enrol", "/v1/embed"])
def test_the_token_of_an_enrolment_is_good_for_nothing_else(service: Service, path: str) -> None:
    every = "capture identify verify enrol embed"
    answer = service.post(path, token(service, scope=every), picture(ANN))
    assert answer.status_code == 403


def test_odoo_away_is_said_and_the_next_try_succeeds(service: Service) -> None:
    service.odoo.api.down = ServerUnreachable("down")
    answer = capture(service, picture(ANN))
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "odoo_unreachable")
    assert answer.headers["Retry-After"] == "2"
    service.odoo.api.down = None
    assert capture(service, picture(ANN)).json()["kept"]


@pytest.mark.parametrize("reason", ["session_over", "no_consent", "wrong_model"])
def test_what_odoo_refuses_is_told_by_its_reason(service: Service, reason: str) -> None:
    service.odoo.api.refuse_enrolments = reason
    answer = capture(service, picture(ANN))
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, reason)


@pytest.mark.parametrize(
    ("query", "content", "status"),
    [
        ("", picture(ANN), 400),
        ("?capture=7", picture(ANN), 400),
        (f"?capture={NAME}&more=1", picture(ANN), 400),
        (f"?capture={NAME}", b"no picture", 422),
        (f"?capture={NAME}", b"x" * 300_000, 413),
    ],
    ids=["no name", "no uuid", "unknown field", "no picture", "too large"],
)
def test_bad_input_changes_nothing(
    service: Service, query: str, content: bytes, status: int
) -> None:
    answer = service.post(f"/v1/capture{query}", token(service), content)
    assert answer.status_code == status
    assert service.odoo.api.enrolled == []
