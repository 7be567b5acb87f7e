"""A kiosk's call from Odoo's token to Odoo's attendance, on a real service and real faces."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.e2e.conftest import World
from tests.e2e.test_killed import wait
from tests.e2e.test_withdrawn import Gate
from tools.demo.site import BRIDGE

HEARTBEAT_S = 30
"""How often a device asks Odoo what is new (wire/config.v1)."""


@dataclass
class Running:
    """The service's process, where it listens, and its device and a gate in Odoo."""

    process: subprocess.Popen[str]
    url: str
    log: Path
    device: int
    gate: int


@contextmanager
def serving(world: World, state: Path) -> Iterator[Running]:
    log = state / "service.log"
    command = [BRIDGE, "serve", "--port", "0", "--state", state, "--log", log]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = next(
                found[1] for line in process.stdout if (found := re.search(r"port (\d+)", line))
            )
            device, gate = _service_of(world)
            yield Running(process, f"http://127.0.0.1:{port}", log, device, gate)
        finally:
            process.kill()


def _service_of(world: World) -> tuple[int, int]:
    [device] = world.site.api.search_read(
        "hr.face.device", [("name", "=", "Service")], ["gate_ids"]
    )
    return device["id"], device["gate_ids"][0]


@pytest.fixture(scope="module")
def state(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second device, paired, with an address: the recognition service."""
    api, folder = world.site.api, tmp_path_factory.mktemp("service")
    [gate, *_] = world.site.gates
    values = {
        "name": "Service",
        "gate_ids": [[6, 0, [gate]]],
        "service_url": "https://face.example",
    }
    [device] = api.call("hr.face.device", "create", [values])
    action = api.call("hr.face.device", "action_pair", [device])
    code = action["context"]["default_code"]
    subprocess.run(
        [BRIDGE, "pair", "--url", world.site.web.base_url, "--code", code, "--state", folder],
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture(scope="module")
def client(world: World, state: Path) -> dict[str, str]:
    """A registered program at the gate: id and secret."""
    assert state
    return registered(world, "Door")


def registered(world: World, name: str) -> dict[str, str]:
    api = world.site.api
    _, gate = _service_of(world)
    values = {"name": name, "gate_id": gate, "may_identify": True, "may_embed": True}
    [record] = api.call("hr.face.client", "create", [values])
    [row] = api.search_read("hr.face.client", [("id", "=", record)], ["client_id"])
    action = api.call("hr.face.client", "action_new_secret", [record])
    return {"client_id": row["client_id"], "client_secret": action["context"]["default_secret"]}


def token(world: World, client: dict[str, str]) -> dict[str, Any]:
    url = f"{world.site.web.base_url}/hr_face_attendance/v1/token"
    answer = requests.post(url, json=client, timeout=20)
    assert answer.status_code == 200, answer.text
    granted: dict[str, Any] = answer.json()
    return granted


def identify(service: Running, bearer: str, photo: Path, encounter: str) -> requests.Response:
    return requests.post(
        f"{service.url}/v1/identify",
        params={"encounter": encounter},
        data=photo.read_bytes(),
        headers={"Authorization": f"Bearer {bearer}", "Content-Type": "image/jpeg"},
        timeout=20,
    )


def test_a_face_shown_to_the_service_becomes_attendance_once(
    world: World, state: Path, client: dict[str, str]
) -> None:
    api, photo = world.site.api, world.photos[0]
    [person] = api.search_read("hr.employee", [("barcode", "=", photo.stem)], ["name"])
    encounter = str(uuid4())
    with serving(world, state) as service:
        bearer = token(world, client)["token"]
        first = identify(service, bearer, photo, encounter)
        assert first.status_code == 200, first.text
        shown = first.json()
        assert shown["person"] == {"employee": person["id"], "display_name": person["name"]}
        wait("the event in Odoo", lambda: bool(events(world, shown["event"])), 30)
        service.process.terminate()
        assert service.process.wait(30) == 0, "SIGTERM is a clean end"
        assert bearer not in service.log.read_text()
        assert person["name"] not in service.log.read_text()
    with serving(world, state) as service:
        again = identify(service, bearer, world.photos[1], encounter).json()
        assert (again["event"], again["person"]) == (shown["event"], shown["person"])
    [event] = events(world, shown["event"])
    assert (event["source"], event["outcome"]) == ("kiosk", "identified")
    assert (event["employee_id"][0], event["gate_id"][0]) == (person["id"], service.gate)
    assert event["direction"] == "in"


def test_what_odoo_takes_back_the_running_service_refuses_after_one_heartbeat(
    world: World, state: Path, client: dict[str, str]
) -> None:
    """A client that is revoked, and the face of somebody who withdraws: one wait for both."""
    api, photo = world.site.api, world.photos[0]
    [employee] = api.search_read("hr.employee", [("barcode", "=", photo.stem)], ["id"])
    gate = Gate(world)
    [person] = [one for one in gate.people if one["employee"] == employee["id"]]
    other = registered(world, "Turnstile")
    mine = ("client_id", "=", other["client_id"])
    [revoked] = api.search_read("hr.face.client", [mine], ["id"])
    with serving(world, state) as service:
        bearer, others = token(world, client)["token"], token(world, other)["token"]
        headers = {"Authorization": f"Bearer {others}"}
        ask = lambda: requests.get(f"{service.url}/v1/models", headers=headers, timeout=10)  # noqa: E731

        def named() -> Any:
            answer = identify(service, bearer, photo, str(uuid4()))
            assert answer.status_code == 200, answer.text
            return answer.json()["person"]

        assert ask().status_code == 200
        assert named()["employee"] == employee["id"]
        api.call("hr.face.client", "write", [revoked["id"]], {"active": False})
        api.call("hr.employee", "action_face_withdraw_consent", [employee["id"]])
        try:
            wait("the sync of the service", lambda: named() is None, HEARTBEAT_S + 10)
            assert ask().status_code == 401
            assert ask().json()["error"]["code"] == "client_revoked"
            assert named() is None, "and the one that was not revoked is still heard"
        finally:  # the other tests of this run need everybody
            api.call("hr.face.consent", "create", {"employee_id": employee["id"]})
            gate.enrol_again(person)
            gate.client.close()


def events(world: World, uuid: str) -> list[dict[str, Any]]:
    fields = ["source", "outcome", "employee_id", "gate_id", "direction"]
    return world.site.api.search_read("hr.face.event", [("uuid", "=", uuid)], fields)
