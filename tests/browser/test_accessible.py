"""What people with a keyboard, a screen reader or weak eyes meet; by axe-core and by hand.

The kiosk's result, its PIN and its challenge are looked at where other tests come to them.
"""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.axe import expect_accessible
from tests.browser.kiosk import SLOW_MS, kiosk, url_of
from tests.browser.place import Place
from tools.demo.story import SELMA

_FOCUS = """() => {
    const one = document.activeElement;
    const style = getComputedStyle(one);
    const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    return { text: one.textContent.trim(), seen: ring || style.boxShadow !== "none" };
}"""


def test_a_kiosk_by_keyboard_from_the_camera_to_a_name_and_back(place: Place) -> None:
    with kiosk(place, "nobody", mode="face_badge_manual") as one:
        page = one.page
        words = page.locator(".o_face_camera_words")
        expect(words).to_contain_text("Look at the camera", timeout=SLOW_MS)
        expect(words).to_have_attribute("aria-live", "polite")
        expect_accessible(page)
        met: list[str] = []
        while "Name and PIN" not in met:
            assert len(met) < 8, met
            page.keyboard.press("Tab")
            focus = page.evaluate(_FOCUS)
            assert focus["seen"], f"the focus on {focus['text']!r} cannot be seen"
            met.append(focus["text"])
        assert met[-2:] == ["Badge", "Name and PIN"], "in the order in which they stand"
        page.keyboard.press("Enter")
        expect(page.get_by_placeholder("Search...")).to_be_visible(timeout=SLOW_MS)
        page.keyboard.press("Escape")
        expect(page.locator(".o_face_camera")).to_be_visible(timeout=SLOW_MS)


def test_pages_beside_the_kiosk(place: Place) -> None:
    """One's own page by a link, an import, the live page, and how a gate's screen waits."""
    api, person = place.site.api, place.employee(SELMA.badge)["id"]
    opened = api.call("hr.employee", "action_face_link", [person])
    url = opened["context"]["default_url"]
    with place.page(None) as page:
        page.goto(url)
        expect(page.locator("header strong")).to_be_visible(timeout=SLOW_MS)
        expect_accessible(page)
        for path in ("profile", "consent", "privacy"):
            page.goto(f"{place.url}/hr_face_attendance/me/{path}")
            expect_accessible(page)
        page.goto(url_of(place, "entrance", "follow"))
        expect(page.locator(".o_face_follow_idle")).to_be_visible(timeout=SLOW_MS)
        expect_accessible(page)
        place.log_in(page)
        [job] = api.call("hr.face.import", "create", [{"name": "Photos"}])
        page.goto(f"{place.url}/odoo/hr.face.import/{job}")
        page.wait_for_selector(".o_face_import_drop", timeout=SLOW_MS)
        expect_accessible(page, ".o_face_import_drop")
        page.goto(f"{place.url}/odoo/face-live")
        page.wait_for_selector(".o_face_grid", timeout=SLOW_MS)
        expect_accessible(page, ".o_face_cockpit")


def test_a_browser_that_cannot_find_faces_still_recognises_them(place: Place) -> None:
    with place.page("idris") as page:
        page.context.route("**/lib/human/**", lambda route: route.fulfill(status=404))
        page.goto(url_of(place, "entrance"))
        expect(page.locator(".o_face_result_name")).to_have_text("Idris Vale", timeout=SLOW_MS)
        expect_accessible(page)
    with place.page("too_far") as page:
        page.context.route("**/lib/human/**", lambda route: route.abort())
        page.goto(url_of(place, "entrance"))
        words = page.locator(".o_face_camera_words")
        expect(words).to_contain_text("Come closer", timeout=SLOW_MS)
        expect(page.locator(".o_face_camera_judging")).to_have_count(0)
