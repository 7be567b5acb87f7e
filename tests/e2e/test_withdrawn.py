"""Consent withdrawn in Odoo: the same face is a stranger's at the gate within one sync."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from device_bridge.adapters.odoo.client import OdooClient
from device_bridge.adapters.odoo.identity import load
from device_bridge.adapters.odoo.sealed import unseal
from device_bridge.adapters.system_clock import SystemClock, boot_id
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.pipeline.server_time import ServerTime
from device_bridge.pipeline.sync import Sync
from tests.e2e.conftest import World

THRESHOLD = 0.95
HEALTH = {"delivered_through": None, "outbox": {"pending": 0, "parked": 0}, "gates": []}


class Gate:
    """A bridge's sync with the real server, and whom its gallery would name."""

    def __init__(self, world: World) -> None:
        self.identity = load(world.site.folder / "state" / "identity.json")
        self.client = OdooClient(world.site.web.base_url, self.identity.token)
        first = self.client.gallery(None)
        self.people = self.opened(first["sealed"], first["cursor"])["people"]
        dimension = len(self.vector(self.people[0]))
        self.gallery = MatrixGallery(first["model"], dimension)
        self.sync = Sync(
            server=self.client,
            gallery=self.gallery,
            unseal=lambda sealed, cursor: unseal(sealed, self.identity.keys.encryption, cursor),
            clock=SystemClock(),
            server_time=ServerTime(),
            boot_id=boot_id(),
            health=lambda: HEALTH,
        )
        self.sync.pull()

    def opened(self, sealed: dict[str, Any], cursor: str) -> dict[str, Any]:
        page: dict[str, Any] = json.loads(unseal(sealed, self.identity.keys.encryption, cursor))
        return page

    def vector(self, person: dict[str, Any]) -> np.ndarray[Any, Any]:
        return np.frombuffer(base64.b64decode(person["templates"][0]["vector"]), "<f4")

    def names(self, person: dict[str, Any]) -> bool:
        """Whether this person's own template is still found."""
        (found,) = self.gallery.search(self.vector(person)[None].astype(np.float32))
        return found is not None and (
            found.person.employee == person["employee"] or found.similarity >= THRESHOLD
        )

    def enrol_again(self, person: dict[str, Any]) -> None:
        (result,) = self.client.enrolments(
            [
                {
                    "employee": {"by": "id", "value": str(person["employee"])},
                    "source": "photo",
                    "replace": True,
                    "templates": [
                        {
                            **template,
                            "model": self.gallery.model,
                            "quality": 0.9,
                            "face_px": 120,
                            "captured_at": "2026-11-20T07:00:00.000Z",
                        }
                        for template in person["templates"]
                    ],
                }
            ]
        )
        assert result["status"] == "accepted"


@pytest.fixture
def gate(world: World) -> Iterator[Gate]:
    one = Gate(world)
    yield one
    one.client.close()


def test_a_withdrawn_face_is_a_stranger_after_one_sync(world: World, gate: Gate) -> None:
    api, person = world.site.api, gate.people[0]
    assert gate.names(person)
    api.call("hr.employee", "action_face_withdraw_consent", [person["employee"]])
    try:
        gate.sync.beat()
        assert not gate.names(person)
        (employee,) = api.call(
            "hr.employee", "read", [person["employee"]], ["face_status", "face_erasure_text"]
        )
        assert employee["face_status"] == "no_consent"
        # other devices of this site have not synced since, and are waited for by name
        assert employee["face_erasure_text"].startswith("Erased on 1 of ")
    finally:  # the other tests of this run need everybody
        api.call("hr.face.consent", "create", {"employee_id": person["employee"]})
        gate.enrol_again(person)
    gate.sync.beat()
    assert gate.names(person)
