"""The kiosk while something is away: it says so, keeps the camera, and comes back by itself."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.kiosk import SLOW_MS, kiosk, url_of
from tests.browser.place import Place, wait
from tools.demo.story import KIRI, TOMAS

LONG_MS = 90_000


def test_odoo_restarts_in_the_middle_and_the_result_comes_without_a_reload(place: Place) -> None:
    mine = ("employee_id", "=", place.employee(TOMAS.badge)["id"])
    before = len(place.events(mine))
    with kiosk(place, "arriving") as one:
        expect(one.page.locator(".o_face_camera_judging")).to_be_visible(timeout=SLOW_MS)
        one.page.evaluate("window.__same_page = true")
        place.site.web.stop()
        try:
            one.expect_name("Tomas Aldous")
            expect(one.page.locator(".o_face_kiosk_away")).to_contain_text("Offline")
            expect(one.page.locator(".o_face_camera")).to_have_count(1)
        finally:  # or every later test fails with this one
            place.site.web.start()
            place.site.web.wait_ready()
        expect(one.page.locator(".o_face_result_facts")).to_be_visible(timeout=LONG_MS)
        expect(one.page.locator(".o_face_kiosk_away")).to_have_count(0)
        assert one.page.evaluate("window.__same_page")
    assert len(place.events(mine)) == before + 1, "tried several times, and once in the log"


def test_the_service_restarts_in_the_middle_and_the_same_visit_goes_on(place: Place) -> None:
    mine = ("employee_id", "=", place.employee(TOMAS.badge)["id"])
    before = len(place.events(mine))
    with kiosk(place, "arriving") as one:
        expect(one.page.locator(".o_face_camera_oval")).to_be_visible(timeout=SLOW_MS)
        place.service.stop()
        try:
            expect(one.page.locator(".o_face_kiosk_away")).to_contain_text(
                "recognition is away", timeout=SLOW_MS
            )
            expect(one.page.locator(".o_face_badge")).to_be_visible()
        finally:
            place.service.start()
        one.expect_name("Tomas Aldous")
        expect(one.page.locator(".o_face_kiosk_away")).to_have_count(0, timeout=SLOW_MS)
        wait("the event", lambda: len(place.events(mine)) > before)


def test_without_a_camera_the_page_says_what_to_do(place: Place) -> None:
    with kiosk(place, None) as one:
        problem = one.page.locator(".o_face_camera_problem")
        expect(problem).to_contain_text("There is no camera", timeout=SLOW_MS)
        expect(problem).to_contain_text("Connect a camera")
        expect(one.page.locator(".o_face_other")).to_be_visible()


def test_over_plain_http_the_page_asks_for_https(place: Place) -> None:
    """Browsers give a camera to https pages and to 127.0.0.1 only."""
    url = url_of(place, "entrance").replace("127.0.0.1", "kiosk.example")
    switch = "--host-resolver-rules=MAP kiosk.example 127.0.0.1"
    with place.browser("nobody", switch) as browser:
        page = browser.new_context().new_page()
        page.goto(url)
        problem = page.locator(".o_face_camera_problem")
        expect(problem).to_contain_text("secure address", timeout=SLOW_MS)
        expect(problem).to_contain_text("https://")


def test_the_page_opens_from_its_shell_while_the_server_is_away(place: Place) -> None:
    with kiosk(place, "nobody") as one:
        expect(one.page.locator(".o_face_camera_oval")).to_be_visible(timeout=SLOW_MS)
        one.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        one.page.reload()  # through the worker, which keeps what it sees
        expect(one.page.locator(".o_face_camera_oval")).to_be_visible(timeout=SLOW_MS)
        one.page.wait_for_timeout(1000)
        one.page.context.set_offline(True)
        one.page.reload()
        expect(one.page.locator(".o_face_kiosk_away")).to_contain_text("Offline", timeout=SLOW_MS)
        one.page.context.set_offline(False)
        expect(one.page.locator(".o_face_kiosk_away")).to_have_count(0, timeout=SLOW_MS)


def test_a_face_whose_consent_is_withdrawn_is_a_strangers_after_one_sync(place: Place) -> None:
    person = place.employee(KIRI.badge)
    with kiosk(place, "kiri") as one:
        one.expect_name(person["name"])
    place.site.api.call("hr.employee", "action_face_withdraw_consent", [person["id"]])
    place.service.restart()  # its first act is a sync
    with kiosk(place, "kiri") as one:
        one.expect_unknown()
