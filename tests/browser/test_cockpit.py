"""HR's live page on a real server: what a gate sees appears by itself, to those who may see it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from device_bridge.domain.event import Outcome
from tests.browser.bridge import Bridge
from tests.browser.cable import Cable
from tests.browser.kiosk import SLOW_MS
from tests.browser.place import Place

PASSWORD = "for-this-run-only"
# of the demo, and without a face: no camera of another test meets them
COLLEAGUES = ("F003", "F006")
ROWS = ".o_face_stream .o_face_row"


@contextmanager
def cockpit(place: Place, login: str, password: str, url: str = "") -> Iterator[Page]:
    """The page, live, of somebody who has logged in."""
    url = url or place.url
    with place.page(None) as page:
        page.goto(f"{url}/web/login")
        page.fill("input[name=login]", login)
        page.fill("input[name=password]", password)
        page.click("button[type=submit]")
        page.wait_for_selector(".o_main_navbar", timeout=60_000)
        page.goto(f"{url}/odoo/face-live")
        page.wait_for_selector(".o_face_grid", timeout=SLOW_MS)
        page.wait_for_timeout(1500)  # until the socket has subscribed
        yield page


def new_user(place: Place, login: str, role: str, **values: object) -> int:
    [group] = place.site.api.search_read(
        "ir.model.data", [("module", "=", "hr_face_attendance"), ("name", "=", role)], ["res_id"]
    )
    user = {"name": login, "login": login, "password": PASSWORD}
    user["odoobot_state"] = "disabled"  # its greeting covers a phone's whole page
    user |= {"group_ids": [[6, 0, [group["res_id"]]]], **values}
    [made] = place.site.api.call("res.users", "create", [user])
    return int(made)


def company_of(place: Place) -> dict[str, object]:
    [gate] = place.site.api.search_read(
        "hr.face.gate", [("id", "=", place.gates["entrance"])], ["company_id"]
    )
    company = gate["company_id"][0]
    return {"company_id": company, "company_ids": [[6, 0, [company]]]}


def test_what_a_gate_sees_appears_by_itself_also_after_the_connection_was_cut(
    place: Place, bridge: Bridge
) -> None:
    one, other = (place.employee(badge) for badge in COLLEAGUES)
    entrance = place.gates["entrance"]
    with (
        Cable(place.site.web.port) as cable,
        cockpit(place, "admin", place.site.password, cable.url) as page,
    ):
        started_s = time.monotonic()
        bridge.sees(entrance, Outcome.IDENTIFIED, one["id"])
        first = page.locator(ROWS).first
        expect(first).to_contain_text(one["name"], timeout=SLOW_MS)
        print(f"cockpit: {1000 * (time.monotonic() - started_s):.0f} ms")  # noqa: T201
        expect(page.locator(".o_face_state")).to_contain_text("Connected")

        cable.cut()
        expect(page.locator(".o_face_state")).to_contain_text("Connection lost", timeout=SLOW_MS)
        bridge.sees(entrance, Outcome.NO_CANDIDATE)
        expect(first).to_contain_text(one["name"])
        cable.mend()
        expect(page.locator(".o_face_state")).to_contain_text("Connected", timeout=SLOW_MS)
        expect(first).to_contain_text("Stranger", timeout=SLOW_MS)

        bridge.sees(entrance, Outcome.IDENTIFIED, other["id"])
        expect(first).to_contain_text(other["name"], timeout=SLOW_MS)


def test_an_officer_sees_own_people_and_strangers_and_nobody_else(
    place: Place, bridge: Bridge
) -> None:
    one, other = (place.employee(badge) for badge in COLLEAGUES)
    officer = new_user(place, "cockpit-officer", "group_face_officer", **company_of(place))
    place.site.api.call("hr.employee", "write", [one["id"]], {"attendance_manager_id": officer})
    place.site.api.call("hr.employee", "write", [other["id"]], {"attendance_manager_id": False})
    with cockpit(place, "cockpit-officer", PASSWORD) as page:
        bridge.sees(place.gates["entrance"], Outcome.IDENTIFIED, other["id"])
        bridge.sees(place.gates["entrance"], Outcome.NO_CANDIDATE)
        expect(page.locator(ROWS).first).to_contain_text("Stranger", timeout=SLOW_MS)
        bridge.sees(place.gates["entrance"], Outcome.IDENTIFIED, one["id"])
        expect(page.locator(ROWS).first).to_contain_text(one["name"], timeout=SLOW_MS)
        expect(page.locator(".o_face_stream")).not_to_contain_text(other["name"])


def test_without_a_gate_the_page_says_what_to_do_first(place: Place) -> None:
    [company] = place.site.api.call("res.company", "create", [{"name": "Newcomers Ltd"}])
    mine = {"company_id": company, "company_ids": [[6, 0, [company]]]}
    new_user(place, "cockpit-newcomer", "group_face_manager", **mine)
    with cockpit(place, "cockpit-newcomer", PASSWORD) as page:
        expect(page.locator(".o_face_stream")).to_contain_text("No gate yet")
        page.get_by_role("button", name="Create the first gate").click()
        expect(page.locator(".o_form_view")).to_be_visible(timeout=SLOW_MS)


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_is_wider_than_the_screen(place: Place, width: int) -> None:
    with cockpit(place, "admin", place.site.password) as page:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(300)
        sticks_out = page.evaluate(
            "() => { const box = document.querySelector('.o_face_cockpit');"
            " return box.scrollWidth - box.clientWidth; }"
        )
        assert sticks_out <= 0
