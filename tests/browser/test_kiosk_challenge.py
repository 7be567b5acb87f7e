"""An active challenge on the kiosk's screen: passed by a person, failed by a photo."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.axe import expect_accessible
from tests.browser.kiosk import SLOW_MS, url_of
from tests.browser.place import Place, watched
from tests.streams import frames, jpeg, puppet_of_package

_FPS = 15
LONG_MS = 90_000
# Chromium's fake camera plays one file in a loop and cannot know what the page asks for; this
# camera can: it plays the clip of the step that the page shows.
_CAMERA = """
(() => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
    const draw = canvas.getContext("2d");
    const clips = {};
    let [clip, at] = ["neutral", 0];
    window.__load = async (name, jpegs) => {
        clips[name] = await Promise.all(jpegs.map(async (text) =>
            createImageBitmap(await (await fetch("data:image/jpeg;base64," + text)).blob())));
    };
    const wanted = () => {
        const words = document.querySelector(".o_face_camera_words")?.textContent ?? "";
        if (!window.__follows) { return "neutral"; }
        if (words.includes("to your left")) { return "left"; }
        if (words.includes("to your right")) { return "right"; }
        return words.includes("Blink") ? "blink" : "neutral";
    };
    let done = "neutral";
    setInterval(() => {
        const next = wanted();
        if (next !== done) { [clip, at, done] = [next, 0, next]; }
        const pictures = clips[clip] ?? clips.neutral;
        if (!pictures) { return; }
        if (at >= pictures.length) { [clip, at] = ["neutral", 0]; }
        draw.drawImage((clips[clip] ?? clips.neutral)[at++], 0, 0);
    }, 1000 / FPS);
    navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(FPS);
})();
""".replace("FPS", str(_FPS))


@pytest.fixture(scope="module")
def clips() -> dict[str, list[str]]:
    puppet = puppet_of_package("obama")
    return {
        name: [base64.b64encode(jpeg(one)).decode() for one in frames(puppet, script, _FPS)]
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


@pytest.mark.parametrize("follows", [True, False], ids=["a person", "a photo held up"])
def test_a_person_passes_the_challenge_and_a_photo_does_not(
    place: Place, browser: Browser, clips: dict[str, list[str]], follows: bool
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_init_script(_CAMERA)
    page = watched(context)
    page.goto(url_of(place, "exit"))
    page.evaluate("follows => { window.__follows = follows; }", follows)
    for name, pictures in clips.items():
        page.evaluate("([name, pictures]) => window.__load(name, pictures)", [name, pictures])
    expect(page.locator(".o_face_kiosk_steps")).to_be_visible(timeout=SLOW_MS)
    expect_accessible(page)
    if follows:
        expect(page.locator(".o_face_result_name")).to_have_text("Idris Vale", timeout=LONG_MS)
        expect(page.locator(".o_face_result_facts")).to_be_visible(timeout=LONG_MS)
        event = place.events()[0]
        assert (event["outcome"], event["pad"]) == ("identified", "bona_fide")
    else:
        expect(page.locator(".o_face_result_greeting")).to_contain_text(
            "looks like a picture", timeout=LONG_MS
        )
        expect(page.locator(".o_face_result_name")).to_have_count(0)
        assert place.events()[0]["outcome"] == "presentation_attack"
    context.close()
