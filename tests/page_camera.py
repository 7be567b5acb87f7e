"""The pages' face finder and what it measures, in a real browser and without Odoo.

Serves the addon's camera scripts as they are; of Odoo's own, two one-line stand-ins.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import cv2
from playwright.sync_api import Page, Playwright

from device_bridge.domain.capture import ImageU8
from tools import paths

CHROMIUM = "/usr/bin/chromium"
_STATIC = paths.ADDON / "static"
_MODULES = "/hr_face_attendance/static/src/"
_ODOO = {
    "/loadJS.js": """export const loadJS = (src) => new Promise((done, fail) =>
        document.head.append(Object.assign(document.createElement("script"),
            { src, onload: done, onerror: () => fail(new Error("no " + src)) })));""",
    "/t.js": "export const _t = (text) => text;",
}
_PAGE = """<!doctype html><script type="importmap">{"imports": {
    "@web/core/assets": "/loadJS.js", "@web/core/l10n/translation": "/t.js"}}</script>
<script type="module">
import { loadFinder } from "/hr_face_attendance/static/src/camera/human_loader";
import { AS_THE_SERVICE, measureFace } from "/hr_face_attendance/static/src/camera/measure_face";
import { guidanceOf } from "/hr_face_attendance/static/src/camera/guidance";
import { guided, newGuide, textOf } from "/hr_face_attendance/static/src/kiosk/challenge_guide";
const [picture, chip] = [document.createElement("canvas"), document.createElement("canvas")];
window.factors = AS_THE_SERVICE;
window.measure = async (jpeg, table, purpose) => {
    const image = await createImageBitmap(
        await (await fetch("data:image/jpeg;base64," + jpeg)).blob());
    [picture.width, picture.height] = [image.width, image.height];
    picture.getContext("2d").drawImage(image, 0, 0);
    const finder = await loadFinder();
    const found = await finder.find(picture);
    const faces = found.map((face) => measureFace(picture, face, chip));
    return { faces, guidance: table && guidanceOf(faces, table, purpose) };
};
let guide = null;
const told = () => ({ shows: textOf(guide), done: guide.done });
window.begin = (steps) => { guide = newGuide(steps, 0); return told(); };
window.guide = async (jpeg, atMs) => {
    const [face] = (await window.measure(jpeg)).faces;
    guide = guided(guide, atMs, face ?? null);
    return told();
};
window.ready = true;
</script>"""
_TYPES = {".js": "text/javascript", ".wasm": "application/wasm", ".json": "application/json"}


class PageCamera:
    """Pictures in, what a page makes of them out."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.factors: dict[str, float] = page.evaluate("window.factors")
        self._told: dict[str, Any] = {}

    def measure(
        self, image_bgr: ImageU8, table: dict[str, Any] | None = None, purpose: str = "match"
    ) -> dict[str, Any]:
        """{"faces": measures of each, largest first, "guidance": code, null if it is good}."""
        seen: dict[str, Any] = self._page.evaluate(
            "([jpeg, table, purpose]) => window.measure(jpeg, table, purpose)",
            [_text(image_bgr), table, purpose],
        )
        return seen

    def begin(self, steps: list[str]) -> None:
        """A challenge begins, at 0 ms; `shows` and `is_done` tell how it stands."""
        self._told = self._page.evaluate("steps => window.begin(steps)", steps)

    def guide(self, image_bgr: ImageU8, at_ms: float) -> None:
        """The page's guide sees a picture that was taken at that time."""
        asked = [_text(image_bgr), at_ms]
        self._told = self._page.evaluate("([jpeg, atMs]) => window.guide(jpeg, atMs)", asked)

    @property
    def shows(self) -> str:
        return str(self._told["shows"])

    @property
    def is_done(self) -> bool:
        return bool(self._told["done"])


@contextmanager
def page_camera(
    playwright: Playwright, switches: Sequence[str] = ("--disable-gpu",)
) -> Iterator[PageCamera]:
    """A browser with the face finder loaded."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*switches], chromium_sandbox=False
        )
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        page.wait_for_function("window.ready", timeout=60_000)
        yield PageCamera(page)
        browser.close()
    finally:
        server.shutdown()
        server.server_close()


def _text(image_bgr: ImageU8) -> str:
    """As a JPEG in base64."""
    done, jpeg = cv2.imencode(".jpg", image_bgr, [cv2.IMWRITE_JPEG_QUALITY, 97])
    assert done
    return base64.b64encode(jpeg.tobytes()).decode()


class _Files(BaseHTTPRequestHandler):
    """The page, and what it asks for below the addon's static folder."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/":
            self._send(_PAGE.encode(), "text/html")
        elif path in _ODOO:
            self._send(_ODOO[path].encode(), "text/javascript")
        else:
            self._send_file(path)

    def _send_file(self, path: str) -> None:
        if path.startswith(_MODULES) and not path.endswith(".js"):
            path += ".js"  # Odoo's own loader knows modules without it
        file = (_STATIC.parent.parent / path.lstrip("/")).resolve()
        if not file.is_relative_to(_STATIC) or not file.is_file():
            self.send_error(404)
            return
        self._send(file.read_bytes(), _TYPES.get(file.suffix, "application/octet-stream"))

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Nothing: a test's output is the test's."""
