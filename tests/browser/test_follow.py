"""A screen that follows a gate shows what the gate's own bridge saw, over Odoo's bus."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from device_bridge.adapters.odoo import identity as identities
from device_bridge.adapters.odoo.client import OdooClient
from device_bridge.adapters.sqlite.outbox import SqliteOutbox
from device_bridge.adapters.system_clock import SystemClock, boot_id
from device_bridge.domain.event import CaptureTime, Outcome, Sighting
from device_bridge.pipeline.deliver import Delivery
from device_bridge.pipeline.feedback import Several
from tests.browser.kiosk import SLOW_MS, url_of
from tests.browser.place import Place
from tools.demo.story import WREN


class Bridge:
    """The demo's paired bridge, as far as delivering what it has seen."""

    def __init__(self, place: Place) -> None:
        folder = place.site.folder / "state"
        identity = identities.load(folder / "identity.json")
        self.client = OdooClient(place.url, identity.token)
        self.outbox = SqliteOutbox(
            folder / "outbox.sqlite", identity.device, identity.chain, identity.keys.signing.sign
        )
        self._delivery = Delivery(self.outbox, self.client, Several())

    def sees(self, gate: int, outcome: Outcome, employee: int | None = None) -> None:
        clock = SystemClock()
        now, monotonic_ms = clock.now(), round(clock.monotonic_s() * 1000)
        time_of = CaptureTime(now, monotonic_ms, boot_id(), clock_offset_ms=0)
        self.outbox.commit(Sighting(gate, outcome, time_of, employee, similarity=0.97))
        self._delivery.step()


@pytest.fixture
def bridge(place: Place) -> Iterator[Bridge]:
    one = Bridge(place)
    yield one
    one.outbox.close()
    one.client.close()


def test_the_screen_shows_what_the_gates_own_camera_saw_and_nothing_of_other_gates(
    place: Place, bridge: Bridge
) -> None:
    person = place.employee(WREN.badge)
    url = url_of(place, "entrance", "follow")
    heard: list[str] = []
    with place.page("nobody") as page:
        page.on(
            "websocket",
            lambda socket: socket.on("framereceived", lambda data: heard.append(str(data))),
        )
        page.goto(url)
        expect(page.locator(".o_face_follow_idle")).to_contain_text("Entrance", timeout=SLOW_MS)
        page.wait_for_timeout(1500)  # until the socket has subscribed
        bridge.sees(place.gates["exit"], Outcome.NO_CANDIDATE)
        started_s = time.monotonic()
        bridge.sees(place.gates["entrance"], Outcome.IDENTIFIED, person["id"])
        expect(page.locator(".o_face_result_name")).to_have_text(person["name"], timeout=SLOW_MS)
        print(f"follow: {1000 * (time.monotonic() - started_s):.0f} ms")  # noqa: T201
        expect(page.locator(".o_face_result_direction")).to_contain_text("IN")
        expect(page.locator(".o_face_not_me")).to_have_count(0)
        page.click(".o_face_ok")
        expect(page.locator(".o_face_follow_idle")).to_be_visible()
        bridge.sees(place.gates["entrance"], Outcome.NO_CANDIDATE)
        expect(page.locator(".o_face_result_refused")).to_be_visible(timeout=SLOW_MS)
    assert not any(person["name"] in one for one in heard), "the bus names nobody"
    place.site.api.call("hr.face.gate", "write", [place.gates["entrance"]], {"kiosk": "face"})
