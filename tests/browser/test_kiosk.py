"""What an employee meets at a kiosk: real browser, real Odoo, real service, real faces."""

from __future__ import annotations

from itertools import islice

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import expect_accessible
from tests.browser.cameras import pictures
from tests.browser.clips import CAMERA, load, packed, play
from tests.browser.kiosk import SLOW_MS, kiosk, url_of
from tests.browser.place import Place, wait, watched
from tools.demo.story import DANA, IDRIS, SELMA


def test_the_same_face_checks_in_at_the_entrance_and_out_at_the_exit(place: Place) -> None:
    employee = place.out(IDRIS.badge)
    with kiosk(place, "idris", "entrance") as one:
        one.expect_result("Idris Vale", "IN")
        expect(one.page.locator(".o_face_result_hours")).to_contain_text("Hours today")
        expect(one.page.locator(".o_face_result_avatar")).to_be_visible()
        expect(one.page.locator(".o_face_result")).to_have_attribute("aria-live", "assertive")
        expect_accessible(one.page)
    with kiosk(place, "idris", "exit") as one:
        one.expect_result("Idris Vale", "OUT")
    out, into, *_ = place.events(("employee_id", "=", employee))
    assert (into["direction"], out["direction"]) == ("in", "out")
    assert (into["source"], into["state"]) == ("kiosk", "derived")
    stays = [row for row in place.site.attendance() if row["employee_id"][0] == employee]
    stay = max(stays, key=lambda row: row["id"])
    assert (stay["in_mode"], stay["out_mode"]) == ("face", "face")


def test_a_stranger_is_offered_the_other_ways_after_three_tries_and_kept_once(place: Place) -> None:
    before = len(place.events(("outcome", "=", "no_candidate")))
    with kiosk(place, "stranger") as one:
        one.expect_unknown()
        expect_accessible(one.page)
        known = lambda: len(place.events(("outcome", "=", "no_candidate")))  # noqa: E731
        wait("the stranger's event", lambda: known() == before + 1)
        assert one.event()["employee_id"] is False
        one.page.wait_for_timeout(1500)
        assert known() == before + 1, "whoever stays is not a stranger again and again"


def test_the_next_in_a_queue_needs_no_gap_and_whoever_stays_is_written_once(place: Place) -> None:
    known = ("outcome", "=", "identified")
    place.out(IDRIS.badge)
    with kiosk(place, "idris") as one:
        one.expect_result("Idris Vale", "IN")
        before = len(place.events(known))
        one.page.click(".o_face_ok")
        one.page.wait_for_timeout(3500)  # asked about three times
        assert len(place.events(known)) == before
    with kiosk(place, "queue") as one:
        name = one.page.locator(".o_face_result_name")
        expect(name).to_be_visible(timeout=SLOW_MS)
        first = name.inner_text()
        assert first in {"Idris Vale", DANA.name}
        one.page.click(".o_face_ok")
        second = DANA.name if first == "Idris Vale" else "Idris Vale"
        expect(name).to_have_text(second, timeout=SLOW_MS)


GUIDED = {
    "too_far": "Come closer",
    "turned": "Look straight at the camera",
    "dark": "turn to the light",
    "two_people": "One person at a time",
    "nobody": "Look at the camera",
}


def test_the_page_says_what_to_better_and_sends_nothing(place: Place) -> None:
    sent: list[str] = []
    clips = {
        stream: packed(islice(pictures(stream, place.detector), 0, 30, 2)) for stream in GUIDED
    }
    with place.browser("nobody") as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.add_init_script(CAMERA)
        page = watched(context)
        page.on("request", lambda request: sent.append(request.url))
        page.goto(url_of(place, "entrance"))
        load(page, clips)
        words = page.locator(".o_face_camera_words")
        for stream, said in GUIDED.items():
            play(page, stream)
            expect(words, stream).to_contain_text(said, timeout=SLOW_MS)
            page.wait_for_timeout(500)
            expect(words, stream).to_contain_text(said)
        context.close()
    assert not [url for url in sent if "/v1/identify" in url]


def test_a_pin_is_two_taps_away_and_the_camera_comes_back(place: Place) -> None:
    api = place.site.api
    person = place.employee(SELMA.badge)
    api.call("hr.employee", "write", [person["id"]], {"pin": "4711"})
    company = api.search_read("res.company", [("name", "=", "Kestrel Works")], ["id"])[0]["id"]
    api.call("res.company", "write", [company], {"attendance_kiosk_use_pin": True})
    with kiosk(place, "nobody", mode="face_badge_manual") as one:
        page = one.page
        page.click(".o_face_manual", timeout=SLOW_MS)
        page.get_by_placeholder("Search...").fill(person["name"])
        page.get_by_text(person["name"]).click()
        _enter_pin(page, "4711")
        expect(page.locator(".o_hr_attendance_kiosk_card")).to_contain_text(person["name"])
        page.get_by_role("button", name="OK").click()
        expect(page.locator(".o_face_camera")).to_be_visible()
    [stay] = [row for row in place.site.attendance() if row["employee_id"][0] == person["id"]]
    assert stay["in_mode"] == "kiosk"


@pytest.mark.parametrize(
    ("button", "correction", "view", "after"),
    [
        (".o_face_wrong_direction", "direction", "side", "out"),
        (".o_face_not_me", "void", "side", False),
    ],
    ids=["wrong direction", "not me"],
)
def test_a_tap_says_that_it_was_wrong_and_hr_is_told(
    place: Place, button: str, correction: str, view: str, after: str | bool
) -> None:
    person = place.employee(DANA.badge)
    mine = ("employee_id", "=", person["id"])
    with kiosk(place, "dana", view) as one:
        one.expect_name(person["name"])
        one.page.click(button, timeout=SLOW_MS)
        expect(one.page.locator(".o_face_result_greeting")).to_contain_text(
            "HR has been told", timeout=SLOW_MS
        )
        expect(one.page.locator(button)).to_have_count(0)
    [said, event, *_] = place.events(mine)
    assert (said["outcome"], said["source"]) == ("correction", "correction")
    assert event["source"] == "kiosk"
    assert event["direction"] == after or correction == "direction"
    domain = [("res_model", "=", "hr.employee"), ("res_id", "=", person["id"])]
    assert place.site.api.search_read("mail.activity", domain, ["summary"])


def test_what_the_service_alone_finds_wrong_is_said(place: Place) -> None:
    """Behind Mara stands somebody whom the page's face finder overlooks."""
    with kiosk(place, "mara") as one:
        one.expect_words("One person at a time")


def _enter_pin(page: Page, pin: str) -> None:
    expect(page.locator(".o_hr_attendance_pin_pad")).to_be_visible()
    page.keyboard.type(pin, delay=30)
    page.keyboard.press("Enter")
