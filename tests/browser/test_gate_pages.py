"""From the live page to a gate and on to the device that serves it: what an operator looks for."""

from __future__ import annotations

from playwright.sync_api import expect

from device_bridge.domain.event import Outcome
from tests.browser.axe import expect_accessible
from tests.browser.bridge import Bridge
from tests.browser.kiosk import SLOW_MS
from tests.browser.place import Place
from tests.browser.test_cockpit import company_of, new_user
from tests.browser.test_journal import logged_in

PASSES = "Gate Page Passes"


def test_a_gate_and_its_device_have_pages_that_stay_true(place: Place, bridge: Bridge) -> None:
    where = company_of(place)
    officer = new_user(place, "gate_officer", "group_face_officer", tz="UTC", **where)
    values = {"name": PASSES, "company_id": where["company_id"], "attendance_manager_id": officer}
    [employee] = place.site.api.call("hr.employee", "create", [values])
    gate = place.gates["entrance"]
    with place.page(None) as page:
        logged_in(page, place, "gate_officer")
        page.goto(f"{place.url}/odoo/face-live")
        page.locator(f"[data-gate='{gate}']").click(timeout=SLOW_MS)
        identified = page.locator("[data-tile='identified'] .o_face_number")
        expect(identified).to_be_visible(timeout=SLOW_MS)
        before = int(identified.inner_text())
        page.wait_for_timeout(1500)  # until the socket has subscribed

        bridge.sees(gate, Outcome.IDENTIFIED, employee)
        newest = page.locator("ol [data-event]").first
        expect(newest).to_contain_text(PASSES, timeout=SLOW_MS)  # by itself
        expect(identified).to_have_text(str(before + 1))
        expect(page.locator(".o_face_hours canvas")).to_be_visible()
        threshold = page.locator("[data-setting='threshold']")
        expect(threshold).to_contain_text("standard")
        expect_accessible(page, ".o_face_gate")
        page.reload()  # the address says which gate it is
        expect(page.locator("ol [data-event]").first).to_contain_text(PASSES, timeout=SLOW_MS)

        page.locator("[data-device]").first.click()
        expect(page.locator("[data-fact='parked'] dd")).to_have_text("0", timeout=SLOW_MS)
        expect(page.locator("[data-verdict]")).to_be_visible()
        expect_accessible(page, ".o_face_device")
        page.locator(f"[data-gate='{gate}']").click()
        page.wait_for_selector(".o_face_gate", timeout=SLOW_MS)
