"""A camera in the page that can be told what to play.

Chromium's own fake camera plays one file in a loop, and is started with it: it cannot answer to
what a page asks for, and each file costs a browser.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable

from playwright.sync_api import Page

from device_bridge.domain.capture import ImageU8
from tests.streams import jpeg

FPS = 15
CAMERA = """
(() => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
    const draw = canvas.getContext("2d");
    const clips = {};
    let [base, clip, startedAt, done] = ["neutral", "neutral", 0, ""];
    const begin = (name) => { [clip, startedAt] = [name, performance.now()]; };
    window.__load = async (name, jpegs) => {
        clips[name] = await Promise.all(jpegs.map(async (text) =>
            createImageBitmap(await (await fetch("data:image/jpeg;base64," + text)).blob())));
    };
    window.__play = (name) => { base = name; begin(name); };
    const wanted = () => {
        const words = document.querySelector(".o_face_camera_words")?.textContent ?? "";
        if (!window.__follows) { return ""; }
        if (words.includes("to your left")) { return "left"; }
        if (words.includes("to your right")) { return "right"; }
        return words.includes("Blink") ? "blink" : "";
    };
    setInterval(() => {
        const next = wanted();
        if (next !== done) {
            done = next;
            if (next) { begin(next); }
        }
        const at = () => Math.floor((performance.now() - startedAt) * FPS / 1000);
        if (clips[clip] && at() >= clips[clip].length) { begin(base); }
        const picture = (clips[clip] ?? clips[base])?.[at()];
        if (picture) { draw.drawImage(picture, 0, 0); }
    }, 1000 / FPS);
    navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(FPS);
})();
""".replace("FPS", str(FPS))
"""For `add_init_script`. `__follows`: it does the steps of a challenge as they are shown, each
once and to its end, as a person does. Pictures that a busy page does not fetch are gone, as with a
real camera."""


def load(page: Page, clips: dict[str, list[str]]) -> None:
    """Give the page these clips; "neutral" is played until another one is."""
    for name, pictures in clips.items():
        page.evaluate("([name, pictures]) => window.__load(name, pictures)", [name, pictures])


def play(page: Page, name: str) -> None:
    """From now on, in a loop."""
    page.evaluate("name => window.__play(name)", name)


def packed(pictures: Iterable[ImageU8]) -> list[str]:
    return [base64.b64encode(jpeg(one)).decode() for one in pictures]
