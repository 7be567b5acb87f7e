"""Enrolling in a real browser: by camera, from photos, by link on the employee's own phone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import expect_accessible
from tests.browser.kiosk import SLOW_MS, kiosk
from tests.browser.place import Place, wait
from tools import faces
from tools.demo.story import IDRIS, TOMAS

_DIALOG = ".o_face_enrol"


@pytest.fixture
def newcomer(place: Place) -> int:
    """Tomas, who has withdrawn: nobody else has his face, and he has not consented."""
    employee = int(place.employee(TOMAS.badge)["id"])
    place.site.api.call("hr.employee", "action_face_withdraw_consent", [employee])
    return employee


def templates(place: Place, employee: int) -> list[dict[str, Any]]:
    return place.site.api.search_read(
        "hr.face.template", [("employee_id", "=", employee)], ["quality", "model", "source"]
    )


def sessions(place: Place, employee: int) -> list[dict[str, Any]]:
    return place.site.api.search_read(
        "hr.face.enrolment",
        [("employee_id", "=", employee)],
        ["state", "source", "capture_count"],
        order="id desc",
    )


def open_dialog(place: Place, page: Page, employee: int) -> None:
    place.log_in(page)
    page.goto(f"{place.url}/odoo/employees/{employee}")
    page.get_by_role("button", name="Enrol Face").click()
    page.wait_for_selector(_DIALOG)


def kept(page: Page, pose: str, count: int) -> None:
    tiles = f".o_face_tile[data-kept][data-pose={pose}]"
    page.wait_for_function(
        f"document.querySelectorAll('{tiles}').length >= {count}", timeout=30_000
    )


def test_by_camera_with_consent_first_and_hr_s_yes_last(place: Place, newcomer: int) -> None:
    with place.page("enrolling") as page:
        open_dialog(place, page, newcomer)
        assert not page.query_selector(".o_face_camera"), "no camera before consent"
        expect_accessible(page, _DIALOG)
        page.get_by_role("button", name="The Employee Agrees").click()
        for pose, count in (("frontal", 2), ("left", 1), ("right", 1)):
            kept(page, pose, count)
        page.get_by_text("All pictures are taken.").wait_for()
        page.get_by_role("button", name="Review").click()
        page.get_by_text("Is it Tomas").wait_for()
        expect_accessible(page, _DIALOG)
        assert templates(place, newcomer) == [], "nothing is used before HR says so"
        page.get_by_role("button", name="Enrol", exact=True).click()
        page.get_by_text("is enrolled").wait_for()
    made = templates(place, newcomer)
    assert len(made) >= 4
    assert {one["source"] for one in made} == {"camera"}
    session = sessions(place, newcomer)[0]
    assert (session["state"], session["capture_count"]) == ("done", 0)


def test_from_photos_each_with_its_quality_or_the_reason_why_not(
    place: Place, newcomer: int, tmp_path: Any
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    alone = next(photo for photo in place.photos if photo.stem == TOMAS.badge)
    group = faces.photos()["face-api/sample1.jpg"]
    with place.page(None) as page:
        open_dialog(place, page, newcomer)
        page.get_by_role("button", name="Signed on Paper").click()
        page.get_by_role("tab", name="Photos").click()
        page.set_input_files(
            f"{_DIALOG} input[type=file]", [str(one) for one in (alone, group, broken)]
        )
        kept(page, "frontal", 1)
        page.get_by_text("There is more than one face.").wait_for()
        page.get_by_text("This is no picture that can be read.").wait_for()
        page.get_by_role("button", name="Review").click()
        page.get_by_role("button", name="Enrol", exact=True).click()
        page.get_by_text("is enrolled").wait_for()
    assert {one["source"] for one in templates(place, newcomer)} == {"photo"}


def test_a_face_that_is_enrolled_already_needs_hr_s_word(place: Place, newcomer: int) -> None:
    with place.page(None) as page:
        open_dialog(place, page, newcomer)
        page.get_by_role("button", name="Signed on Paper").click()
        page.get_by_role("tab", name="Photos").click()
        idris = next(photo for photo in place.photos if photo.stem == IDRIS.badge)
        page.set_input_files(f"{_DIALOG} input[type=file]", str(idris))
        kept(page, "frontal", 1)
        page.get_by_role("button", name="Review").click()
        page.get_by_text("This face is enrolled already.").wait_for()
        enrol = page.get_by_role("button", name="Enrol", exact=True)
        assert enrol.is_disabled()
        page.get_by_label("they are different people").check()
        enrol.click()
        page.get_by_text("is enrolled").wait_for()
    [pair] = place.site.api.search_read(
        "hr.face.look.alike",
        ["|", ("employee_id", "=", newcomer), ("other_id", "=", newcomer)],
        ["similarity"],
    )
    assert pair["similarity"] > 0.95
    try:
        _who_looks_like_somebody_else_shows_a_pin_too(place)
    finally:
        place.site.api.call("hr.employee", "action_face_withdraw_consent", [newcomer])
        place.service.restart()


def _who_looks_like_somebody_else_shows_a_pin_too(place: Place) -> None:
    """At the kiosk, after the pair has reached the service; nobody is named before the PIN."""
    api, person = place.site.api, place.employee(IDRIS.badge)
    api.call("hr.employee", "write", [person["id"]], {"pin": "2468"})
    place.service.restart()  # its first act is a sync
    mine = ("employee_id", "=", person["id"])
    before = len(place.events(mine))
    with kiosk(place, "idris", "exit") as one:
        page = one.page
        expect(page.locator(".o_face_factor")).to_be_visible(timeout=SLOW_MS)
        expect_accessible(page, ".o_face_factor")
        assert not page.get_by_text(person["name"]).count(), "nobody is named"
        page.get_by_role("button", name="Identify Manually").click()
        page.get_by_placeholder("Search...").fill(person["name"])
        page.get_by_text(person["name"]).click()
        expect(page.locator(".o_hr_attendance_pin_pad")).to_be_visible()
        page.keyboard.type("2468", delay=30)
        page.keyboard.press("Enter")
        one.expect_name(person["name"])
        expect_accessible(page)
    wait("the event", lambda: len(place.events(mine)) > before)
    assert place.events(mine)[0]["evidence"]["factors"] == ["face", "pin"]


def test_by_link_on_their_own_phone_and_the_link_is_good_once(place: Place, newcomer: int) -> None:
    link = place.site.api.call("hr.face.enrolment", "make_link", newcomer)
    phone = {"viewport": {"width": 390, "height": 844}}
    with place.page("enrolling", **phone) as page:
        page.goto(link["url"])
        page.get_by_role("button", name="I agree").wait_for()
        expect_accessible(page)
        page.get_by_role("button", name="I agree").click()
        done = page.get_by_role("button", name="Done")
        for pose, count in (("frontal", 2), ("left", 1), ("right", 1)):
            kept(page, pose, count)
        expect_accessible(page)
        done.click()
        page.get_by_text("Thank you!").wait_for()
        page.reload()
        page.get_by_text("This link is good no more").wait_for()
    assert templates(place, newcomer) == [], "HR looks at it first"
    session = sessions(place, newcomer)[0]
    assert (session["state"], session["source"]) == ("review", "link")
    with place.page(None) as page:
        place.log_in(page)
        page.goto(f"{place.url}/odoo/face-enrolments")
        page.get_by_role("button", name="Review").first.click()
        page.get_by_role("button", name="Enrol", exact=True).click()
        page.get_by_text("is enrolled").wait_for()
    assert len(templates(place, newcomer)) >= 4


def test_a_link_that_was_revoked_says_so_and_tells_nothing(place: Place, newcomer: int) -> None:
    link = place.site.api.call("hr.face.enrolment", "make_link", newcomer)
    place.site.api.call("hr.face.enrolment", "action_revoke_link", [link["id"]])
    with place.page(None) as page:
        page.goto(link["url"])
        page.get_by_text("This link is good no more").wait_for()
        assert "Tomas" not in page.content()
