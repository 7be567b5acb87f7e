"""A screen that follows a gate shows what the gate's own bridge saw, over Odoo's bus."""

from __future__ import annotations

import time

from playwright.sync_api import expect

from device_bridge.domain.event import Outcome
from tests.browser.bridge import Bridge
from tests.browser.kiosk import SLOW_MS, url_of
from tests.browser.place import Place
from tools.demo.story import WREN


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
