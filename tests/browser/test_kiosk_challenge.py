"""An active challenge on the kiosk's screen: passed by a person, failed by a photo."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.axe import expect_accessible
from tests.browser.clips import CAMERA, FPS, load, packed
from tests.browser.kiosk import SLOW_MS, url_of
from tests.browser.place import Place, watched
from tests.streams import frames, puppet_of_package

LONG_MS = 90_000
VISITS = 2
"""Whoever was taken for a picture may try again, and does."""


@pytest.fixture(scope="module")
def clips() -> dict[str, list[str]]:
    puppet = puppet_of_package("obama")
    return {
        name: packed(frames(puppet, script, FPS))
        for name, script in {
            "neutral": "neutral 1",
            "left": "left",
            "right": "right",
            "blink": "blink",
        }.items()
    }


@pytest.fixture(scope="module")
def browser(place: Place) -> Iterator[Browser]:
    url_of(place, "exit", pad="active")
    place.service.restart()
    with place.browser("nobody") as one:
        yield one
    place.site.api.call("hr.face.gate", "write", [place.gates["exit"]], {"pad": "off"})
    place.service.restart()


@pytest.mark.parametrize(
    "follows", [pytest.param(True, id="a person"), pytest.param(False, id="a photo held up")]
)
def test_a_person_passes_the_challenge_and_a_photo_does_not(
    place: Place, browser: Browser, clips: dict[str, list[str]], follows: bool
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_init_script(CAMERA)
    page = watched(context)
    page.goto(url_of(place, "exit"))
    page.evaluate("follows => { window.__follows = follows; }", follows)
    load(page, clips)
    expect(page.locator(".o_face_kiosk_steps")).to_be_visible(timeout=SLOW_MS)
    if follows:  # no rules are looked at here: they take a second, and a gap ends a challenge
        name = page.locator(".o_face_result_name")
        refused = page.get_by_text("looks like a picture")
        for _ in range(VISITS):
            expect(name.or_(refused)).to_be_visible(timeout=LONG_MS)
            if name.is_visible():
                break
            page.get_by_role("button", name="OK", exact=True).click()
            expect(refused).not_to_be_visible()
        expect(name).to_have_text("Idris Vale")
        expect(page.locator(".o_face_result_facts")).to_be_visible(timeout=LONG_MS)
        event = place.events()[0]
        assert (event["outcome"], event["pad"]) == ("identified", "bona_fide")
    else:
        expect_accessible(page)
        expect(page.locator(".o_face_result_greeting")).to_contain_text(
            "looks like a picture", timeout=LONG_MS
        )
        expect(page.locator(".o_face_result_name")).to_have_count(0)
        assert place.events()[0]["outcome"] == "presentation_attack"
    context.close()
