"""The service's calls, over HTTP, with painted faces."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from device_bridge.adapters.sqlite.outbox import SqliteOutbox
from device_bridge.domain.capture import Face, ImageU8
from device_bridge.domain.clearance import ClearanceRule
from device_bridge.domain.guidance import REMEDIES
from device_bridge.domain.landmarks import Points68
from device_bridge.domain.liveness import PadMode
from device_bridge.domain.quality import ENROL, MATCH
from device_bridge.errors import FaceNotUsable, WeightsMissing
from device_bridge.fakes.outbox import MemoryOutbox
from device_bridge.fakes.recognition import DIMENSION, MODEL, vector_of
from device_bridge.pipeline.observe import Liveness
from device_bridge.ports import AttackDetector, Outbox
from tests.bridge.service import (
    ANN,
    BEN,
    DEVICE,
    ENCOUNTER,
    GATE,
    STRANGER,
    Service,
    bearer,
    empty_room,
    picture,
    vector_of_answer,
)
from tests.builders import BOOT, CHAIN, at, gate

OTHER = "9c1e3b0f-6a77-4a3c-9a53-6f4b0d1c2e3f"
NOBODY_EVER = ClearanceRule(
    frozenset(), frozenset({12345}), frozenset(), frozenset(range(7)), time(0), time.max
)


@pytest.fixture
def service() -> Iterator[Service]:
    one = Service()
    yield one
    one.close()


def pending(service: Service) -> list[dict[str, Any]]:
    return service.outbox.pending(100)


def test_somebody_enrolled_is_named_and_the_event_is_in_the_outbox(service: Service) -> None:
    answer = service.identify(picture(ANN)).json()
    assert answer["outcome"] == "identified"
    assert answer["person"] == {"employee": ANN, "display_name": "Ann"}
    assert answer["similarity"] == 1.0
    assert answer["box"] == {"x": 40, "y": 100, "width": 120, "height": 120}
    assert (answer["pad"], answer["guidance"], answer["needs"]) == ("off", None, None)
    [event] = pending(service)
    assert event["uuid"] == answer["event"]
    assert (event["source"], event["gate"], event["employee"]) == ("kiosk", 1, ANN)
    assert (event["outcome"], event["captured_at"]) == ("identified", answer["captured_at"])
    assert event["evidence"]["encounter"] == ENCOUNTER
    assert service.woken == 1


def test_a_stranger_is_written_and_nobody_learns_whom_they_look_like(service: Service) -> None:
    answer = service.identify(picture(STRANGER)).json()
    assert (answer["outcome"], answer["person"], answer["similarity"]) == (
        "no_candidate",
        None,
        None,
    )
    assert [event["employee"] for event in pending(service)] == [None]


def test_a_stranger_is_not_written_while_another_try_follows(service: Service) -> None:
    answer = service.identify(picture(STRANGER), final="false").json()
    assert (answer["outcome"], answer["event"], pending(service)) == ("no_candidate", None, [])
    again = service.identify(picture(ANN)).json()
    assert (again["outcome"], len(pending(service))) == ("identified", 1)


@pytest.mark.parametrize(
    ("frame", "outcome", "guidance"),
    [
        (empty_room(), "no_face", "come_into_view"),
        (picture(ANN, BEN), "multiple_faces", "one_person"),
        (picture(ANN, side_px=40), "low_quality", "come_closer"),
    ],
    ids=["nobody", "two people", "too far"],
)
def test_an_unfit_picture_is_told_what_to_better_and_writes_nothing(
    service: Service, frame: bytes, outcome: str, guidance: str
) -> None:
    answer = service.identify(frame).json()
    assert (answer["outcome"], answer["guidance"]) == (outcome, guidance)
    assert (answer["person"], answer["event"], pending(service)) == (None, None, [])
    assert service.identify(picture(ANN)).json()["outcome"] == "identified"


def test_pictures_that_name_two_people_name_nobody(service: Service) -> None:
    answer = service.identify(picture(ANN), picture(BEN)).json()
    assert (answer["outcome"], answer["person"]) == ("ambiguous", None)


def test_copies_of_a_picture_are_one_look(service: Service) -> None:
    service.identify(picture(ANN), picture(ANN), picture(ANN, number=1))
    assert pending(service)[0]["evidence"]["frames"] == 2


def test_somebody_without_clearance_is_refused_by_name() -> None:
    service = Service(the_gate=gate(clearance=(NOBODY_EVER,)))
    answer = service.identify(picture(ANN)).json()
    assert (answer["outcome"], answer["person"]["display_name"]) == ("no_clearance", "Ann")
    assert pending(service)[0]["outcome"] == "no_clearance"
    service.close()


@pytest.fixture(params=["memory", "sqlite"])
def reopened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Outbox]]:
    """Gives the outbox, on disk a newly opened one each time."""
    opened: list[SqliteOutbox] = []
    memory = MemoryOutbox(DEVICE, CHAIN, lambda _: bytes(64))

    def make() -> Outbox:
        if request.param == "memory":
            return memory
        path = tmp_path / "outbox.sqlite"
        opened.append(SqliteOutbox(path, DEVICE, CHAIN, lambda _: bytes(64)))
        return opened[-1]

    yield make
    for outbox in opened:
        outbox.close()


def test_an_encounter_asked_again_gets_the_same_answer_and_one_event(
    reopened: Callable[[], Outbox],
) -> None:
    first_service = Service(reopened())
    first = first_service.identify(picture(ANN)).json()
    first_service.outbox.acknowledge([first["event"]])
    first_service.close()
    restarted = Service(reopened(), odoo=first_service.odoo)
    restarted.now = at(30)
    again = restarted.identify(picture(BEN)).json()
    kept = ("outcome", "person", "similarity", "event", "captured_at", "pad")
    assert {name: again[name] for name in kept} == {name: first[name] for name in kept}
    assert pending(restarted) == []
    other = restarted.identify(picture(BEN), encounter=OTHER).json()
    assert (other["person"]["employee"], len(pending(restarted))) == (BEN, 1)
    restarted.close()


def test_whoever_stays_after_being_told_is_not_written_again_and_the_next_person_is(
    service: Service,
) -> None:
    told = service.identify(picture(ANN)).json()
    stayed = service.identify(picture(ANN), encounter=OTHER, after=ENCOUNTER).json()
    assert (stayed["event"], stayed["person"]) == (told["event"], told["person"])
    assert len(pending(service)) == 1
    following = service.identify(picture(BEN), encounter=OTHER, after=ENCOUNTER).json()
    assert following["person"]["employee"] == BEN
    assert [event["employee"] for event in pending(service)] == [ANN, BEN]


def test_a_stranger_who_stays_is_written_once(service: Service) -> None:
    told = service.identify(picture(STRANGER)).json()
    stayed = service.identify(picture(STRANGER), encounter=OTHER, after=ENCOUNTER).json()
    assert (stayed["outcome"], stayed["event"]) == ("no_candidate", told["event"])
    assert len(pending(service)) == 1


def test_who_stays_before_a_gate_with_a_challenge_is_not_challenged_again() -> None:
    service = challenged()
    service.gates[GATE] = gate()
    told = service.identify(picture(ANN)).json()
    service.gates[GATE] = gate(pad=PadMode.ACTIVE)
    stayed = service.identify(picture(ANN), encounter=OTHER, after=ENCOUNTER, final="false").json()
    assert (stayed["event"], stayed["needs"]) == (told["event"], None)
    service.close()


def test_an_encounter_of_another_gate_is_another_one(service: Service) -> None:
    service.gates[2] = gate(id=2)
    token = service.odoo.token("identify", gate=2)
    first = service.identify(picture(ANN)).json()
    params = {"encounter": ENCOUNTER}
    second = service.post("/v1/identify", token, picture(ANN), params=params).json()
    assert first["event"] != second["event"]
    assert [event["gate"] for event in pending(service)] == [1, 2]


def test_somebody_erased_meanwhile_has_no_name_any_more(service: Service) -> None:
    service.identify(picture(ANN))
    service.gallery.update([], [ANN])
    again = service.identify(picture(ANN)).json()
    assert again["person"] == {"employee": ANN, "display_name": None}


def test_a_program_at_no_gate_is_told_and_nothing_is_written(service: Service) -> None:
    token = service.odoo.token("identify", gate=None, client="fc_door")
    answer = service.post("/v1/identify", token, picture(ANN)).json()
    assert (answer["person"]["employee"], answer["event"]) == (ANN, None)
    assert pending(service) == []


def test_an_event_that_cannot_be_stored_lets_nobody_in(service: Service) -> None:
    assert isinstance(service.outbox, MemoryOutbox)
    service.outbox.full = True
    answer = service.identify(picture(ANN))
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "storage_full")
    assert answer.headers["Retry-After"] == "5"
    service.outbox.full = False
    assert service.identify(picture(ANN)).json()["outcome"] == "identified"


@pytest.mark.parametrize("mode", [PadMode.PASSIVE, PadMode.ACTIVE, PadMode.BOTH])
def test_attack_detection_that_is_asked_for_and_not_there_is_never_silently_off(
    mode: PadMode,
) -> None:
    service = Service(the_gate=gate(pad=mode))
    answer = service.identify(picture(ANN))
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "pad_unavailable")
    assert pending(service) == []
    service.gates[1] = gate()
    assert service.identify(picture(ANN)).json()["outcome"] == "identified"
    service.close()


class _Still:
    def landmarks(self, image_bgr: ImageU8, face: Face) -> Points68:
        raise FaceNotUsable("painted faces have no landmarks")


def _nothing() -> AttackDetector:
    raise WeightsMissing("not here")


def challenged() -> Service:
    """A service whose landmarks show a face at rest."""
    return Service(the_gate=gate(pad=PadMode.ACTIVE), liveness=Liveness(_nothing, _Still))


def test_a_gate_with_a_challenge_names_nobody_before_it_is_passed() -> None:
    service = challenged()
    answer = service.identify(picture(ANN), final="false").json()
    assert (answer["outcome"], answer["person"], answer["needs"]) == (None, None, "challenge")
    asked = service.post(
        "/v1/challenge", service.odoo.token("identify"), params={"encounter": ENCOUNTER}
    ).json()
    assert sorted(asked["steps"]) == ["blink", "turn_left", "turn_right"]
    still = service.identify(
        picture(ANN), picture(ANN, number=1), final="false", challenge=asked["challenge"],
        at_ms="0,100",
    ).json()  # fmt: skip
    assert (still["outcome"], still["needs"]) == (None, "frames")
    assert still["challenge"] == {"state": "running", "steps_done": 0, "failure": None}
    given_up = service.identify(picture(ANN), challenge=asked["challenge"]).json()
    assert (given_up["outcome"], given_up["person"]) == ("presentation_attack", None)
    assert [event["outcome"] for event in pending(service)] == ["presentation_attack"]
    service.close()


@pytest.mark.parametrize(
    "change",
    [lambda text: "", lambda text: text + "x", lambda text: text.rpartition(".")[0] + "."],
    ids=["empty", "tampered", "unsigned"],
)
def test_a_challenge_that_is_not_ours_is_refused(change: Callable[[str], str]) -> None:
    service = challenged()
    token = service.odoo.token("identify")
    asked = service.post("/v1/challenge", token, params={"encounter": ENCOUNTER}).json()
    answer = service.identify(picture(ANN), challenge=change(asked["challenge"]))
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "challenge")
    service.close()


def test_a_challenge_holds_for_its_own_encounter_and_time_only() -> None:
    service = challenged()
    token = service.odoo.token("identify")
    asked = service.post("/v1/challenge", token, params={"encounter": OTHER}).json()
    answer = service.identify(picture(ANN), challenge=asked["challenge"])
    assert "another encounter" in answer.json()["error"]["message"]
    old = service.post("/v1/challenge", token, params={"encounter": ENCOUNTER}).json()
    assert service.identify(picture(ANN), challenge=old["challenge"], final="false").is_success
    service.now = at(31)
    answer = service.identify(picture(ANN), challenge=old["challenge"])
    assert "expired" in answer.json()["error"]["message"]
    service.close()


def test_a_gate_without_a_challenge_issues_none(service: Service) -> None:
    token = service.odoo.token("identify")
    answer = service.post("/v1/challenge", token, params={"encounter": ENCOUNTER})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("fields", "frame", "same"),
    [
        ({"employee": str(ANN)}, picture(ANN), True),
        ({"employee": str(BEN)}, picture(ANN), False),
        ({"employee": str(ANN)}, picture(ANN, BEN), None),
        ({"employee": str(ANN)}, empty_room(), None),
    ],
    ids=["the claimed person", "somebody else", "two people", "nobody"],
)
def test_a_claim_is_verified(
    service: Service, fields: dict[str, str], frame: bytes, same: bool | None
) -> None:
    token = service.odoo.token("verify")
    answer = service.post("/v1/verify", token, frame, params=fields).json()
    assert answer["same"] is same
    assert (answer["similarity"] is None) == (same is None) == (answer["guidance"] is not None)
    assert pending(service) == []


@pytest.mark.parametrize(("other", "same"), [(ANN, True), (BEN, False)])
def test_two_pictures_are_compared(service: Service, other: int, same: bool) -> None:
    files = {"frame": ("a.png", picture(ANN)), "reference": ("b.png", picture(other, number=5))}
    answer = service.post("/v1/verify", service.odoo.token("verify"), files=files).json()
    assert answer["same"] is same


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"employee": "999"}, 404, "unknown_employee"),
        ({}, 400, "malformed"),
        ({"employee": "0"}, 400, "malformed"),
        ({"employee": "1; DROP"}, 400, "malformed"),
        ({"employee": "٣"}, 400, "malformed"),
    ],
)
def test_a_claim_that_cannot_be_verified_is_refused(
    service: Service, params: dict[str, str], status: int, code: str
) -> None:
    answer = service.post("/v1/verify", service.odoo.token("verify"), picture(ANN), params=params)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["field"]) == (status, code, "employee")


def test_a_reference_without_a_fit_face_is_refused(service: Service) -> None:
    files = {"frame": ("a.png", picture(ANN)), "reference": ("b.png", empty_room())}
    answer = service.post("/v1/verify", service.odoo.token("verify"), files=files)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "reference")


def test_every_face_is_embedded_for_a_program(service: Service) -> None:
    token = service.odoo.token("embed", gate=None, client="fc_door")
    answer = service.post("/v1/embed", token, picture(ANN, BEN)).json()
    assert (answer["model"], answer["dimension"]) == (MODEL, DIMENSION)
    found = [vector_of_answer(face["vector"]) for face in answer["faces"]]
    assert np.allclose(
        sorted(map(list, found)), sorted([list(vector_of(ANN)), list(vector_of(BEN))])
    )
    assert all(face["quality"]["score"] > 0 for face in answer["faces"])


def test_health_tells_nothing_but_health(service: Service) -> None:
    answer = service.client.get("/v1/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    service.synced = False
    answer = service.client.get("/v1/health")
    assert (answer.status_code, answer.json()) == (503, {"status": "starting"})


def test_a_page_is_told_the_very_table_by_which_its_pictures_are_judged(service: Service) -> None:
    service.gates[GATE] = replace(service.gates[GATE], min_face_px=60)
    token = bearer(service.odoo.token("identify"))
    answer = service.client.get("/v1/guidance", headers=token).json()
    assert answer["match"] == asdict(replace(MATCH, min_face_px=60))
    assert answer["enrol"] == asdict(ENROL)
    said = [(one["defect"], one["guidance"]) for one in answer["remedies"]]
    assert said == [*REMEDIES.items()]


def test_a_pin_shown_besides_is_kept_with_the_event(service: Service) -> None:
    """Ann and Ben are as close as two can be: everybody is, with this margin."""
    service.gates[GATE] = replace(service.gates[GATE], margin=2.0)
    unclear = service.identify(picture(ANN), final="false").json()
    assert (unclear["outcome"], unclear["person"], unclear["event"]) == ("ambiguous", None, None)
    shown = service.odoo.claims("identify") | {"employee": ANN, "factor": "pin"}
    answer = service.post(
        "/v1/identify",
        service.odoo.sign(shown),
        files=[("frame", ("f.png", picture(ANN), "image/png"))],
        data={"encounter": ENCOUNTER},
    ).json()
    assert (answer["outcome"], answer["person"]["employee"]) == ("identified", ANN)
    [event] = pending(service)
    assert event["evidence"]["factors"] == ["face", "pin"]


def test_models_are_named(service: Service) -> None:
    token = bearer(service.odoo.token("identify"))
    answer = service.client.get("/v1/models", headers=token).json()
    assert answer == {"model": MODEL, "dimension": DIMENSION}


def test_metrics_count_calls_and_outcomes_and_name_nobody(service: Service) -> None:
    service.identify(picture(ANN))
    service.client.get("/v1/nothing-here")
    token = bearer(service.odoo.token("metrics", gate=None, client="fc_door"))
    text = service.client.get("/metrics", headers=token).text
    assert 'bridge_calls_total{route="/v1/identify",status="200"} 1.0' in text
    assert 'bridge_calls_total{route="none",status="404"} 1.0' in text
    assert 'bridge_outcomes_total{outcome="identified"} 1.0' in text
    assert "Ann" not in text
    assert "nothing-here" not in text


def test_the_openapi_page_describes_every_call_without_foreign_scripts(service: Service) -> None:
    answer = service.client.get("/docs")
    paths = service.client.get("/openapi.json").json()["paths"]
    assert set(paths) == {
        "/v1/health", "/v1/models", "/v1/guidance", "/v1/identify", "/v1/verify", "/v1/embed",
        "/v1/challenge", "/v1/enrol", "/v1/lookalikes", "/v1/capture", "/v1/rollcall", "/metrics",
    }  # fmt: skip
    for path in paths:
        assert path in answer.text
    assert "<script" not in answer.text
    assert "http" not in answer.text.replace("https://odoo.example", "")


def test_an_unused_uuid_finds_nothing(service: Service) -> None:
    assert service.recognition.recall(service.gates[1], BOOT) is None
