"""A roll call on a real group photo: a real server, a real recognition service, a real browser."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from tests.browser.kiosk import SLOW_MS
from tests.browser.place import Place
from tests.browser.test_cockpit import PASSWORD, company_of, new_user
from tools import faces
from tools.demo.story import MARA, SELMA, WREN

PHOTO = "face-api/sample6.jpg"
ON_PHOTO = (MARA, WREN, SELMA)
BY_HAND = "F008"
"""Of the demo, without a photo of their own, and met by no other test."""
BOX = ".o_face_roll_box"


@contextmanager
def roll_call(place: Place, login: str, width: int = 1280) -> Iterator[Page]:
    """The page of a new roll call, of somebody who has logged in."""
    with place.page(None, viewport={"width": width, "height": 900}, has_touch=width < 500) as page:
        page.goto(f"{place.url}/web/login")
        page.fill("input[name=login]", login)
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_selector(".o_main_navbar", timeout=60_000)
        page.goto(f"{place.url}/odoo/face-roll-call")
        page.wait_for_selector(".o_face_roll_start", timeout=SLOW_MS)
        yield page


@pytest.fixture(scope="module")
def manager(place: Place) -> str:
    new_user(place, "roll-manager", "group_face_manager", **company_of(place))
    return "roll-manager"


def find_faces(page: Page) -> None:
    page.set_input_files("input[multiple]", faces.photos()[PHOTO])
    page.wait_for_selector(".o_face_roll_thumbs img")
    page.get_by_label("Taken").fill("")
    page.get_by_role("button", name="Find the Faces").click()
    page.wait_for_selector(BOX, timeout=60_000)


def rolled(place: Place, badge: str) -> list[dict[str, object]]:
    who = place.employee(badge)["id"]
    return place.events(("source", "=", "roll_call"), ("employee_id", "=", who))


def test_from_a_group_photo_to_who_was_there(place: Place, manager: str) -> None:
    with roll_call(place, manager) as page:
        find_faces(page)
        present = page.locator("[data-present]")
        for who in ON_PHOTO:
            expect(present.filter(has_text=who.name)).to_have_count(1)
        assert page.locator(f"{BOX}.o_counts").count() == len(ON_PHOTO)

        # an unknown face gets a name by click, and loses it again by swapping
        unknown = page.locator(f"{BOX}.o_unknown")
        before = unknown.count()
        assert before
        named = place.employee(BY_HAND)["name"]
        unknown.first.click()
        page.locator(".o_face_roll_face .o_select_menu_toggler").fill(named)
        page.locator(".o_select_menu_item", has_text=named).click()
        expect(present.filter(has_text=named)).to_have_count(1, timeout=SLOW_MS)
        expect(unknown).to_have_count(before - 1)

        # the keyboard goes from face to face, and dismisses
        boxes = page.locator(BOX)
        boxes.first.focus()
        page.keyboard.press("ArrowLeft")
        expect(boxes.last).to_be_focused()
        page.keyboard.press("ArrowRight")
        expect(boxes.first).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Who is this?")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("heading", name="Who is this?")).to_have_count(0)
        boxes.first.focus()
        page.keyboard.press("Delete")
        expect(boxes.first).to_have_class(re.compile("o_dismissed"), timeout=SLOW_MS)
        page.keyboard.press("Delete")
        expect(boxes.first).not_to_have_class(re.compile("o_dismissed"), timeout=SLOW_MS)

        # after a reload it is all still there, and counts once it is confirmed
        page.reload()
        page.wait_for_selector(BOX, timeout=SLOW_MS)
        with page.expect_download() as download:
            page.get_by_role("button", name="Excel").click()
        with zipfile.ZipFile(download.value.path()) as book:
            words = book.read("xl/sharedStrings.xml").decode()
        assert named in words
        # those whom other tests meet at the kiosk stay as they are
        for place_on_photo in range(len(ON_PHOTO)):
            named_faces = page.locator(f"{BOX}.o_counts").filter(has_not_text=named)
            expect(named_faces).to_have_count(len(ON_PHOTO) - place_on_photo, timeout=SLOW_MS)
            named_faces.first.focus()
            page.keyboard.press("Delete")
        expect(present).to_have_count(1, timeout=SLOW_MS)
        page.get_by_role("button", name="Confirm").click()
        page.locator(".modal").get_by_role("button", name="Confirm").click()
        expect(page.locator(".alert-success")).to_contain_text("Confirmed", timeout=SLOW_MS)
        expect(page.locator(".o_face_roll_photo")).to_have_count(0)
    assert len(rolled(place, BY_HAND)) == 1
    for who in ON_PHOTO:
        assert not rolled(place, who.badge)


def test_nobody_on_the_photo_is_nobody_s_problem(place: Place, manager: str) -> None:
    with roll_call(place, manager, width=390) as page:
        page.set_input_files("input[multiple]", faces.photos()[PHOTO])
        page.set_input_files(
            "input[multiple]", {"name": "x.txt", "mimeType": "image/jpeg", "buffer": b"hello"}
        )
        expect(page.get_by_role("alert")).to_contain_text("x.txt is no picture")
        page.get_by_role("button", name="Remove this photo").click()
        expect(page.get_by_role("button", name="Find the Faces")).to_be_disabled()
        sticks_out = page.evaluate(
            "() => { const box = document.querySelector('.o_face_roll_call');"
            " return box.scrollWidth - box.clientWidth; }"
        )
        assert sticks_out <= 0
