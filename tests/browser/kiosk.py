"""A kiosk page as tests see it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.place import Place

SLOW_MS = 30_000


class Kiosk:
    """The page of a gate's kiosk, open in a browser."""

    def __init__(self, place: Place, page: Page) -> None:
        self.place, self.page = place, page

    def expect_name(self, name: str) -> None:
        expect(self.page.locator(".o_face_result_name")).to_have_text(name, timeout=SLOW_MS)

    def expect_result(self, name: str, direction: str) -> None:
        """The whole result: who, and in or out as Odoo said."""
        self.expect_name(name)
        expect(self.page.locator(".o_face_result_direction")).to_contain_text(
            direction, timeout=SLOW_MS
        )

    def expect_words(self, words: str) -> None:
        expect(self.page.locator(".o_face_camera_words")).to_contain_text(words, timeout=SLOW_MS)

    def expect_unknown(self) -> None:
        expect(self.page.locator(".o_face_kiosk_unknown")).to_be_visible(timeout=SLOW_MS)
        expect(self.page.locator(".o_face_badge")).to_be_visible()
        expect(self.page.locator(".o_face_manual")).to_be_visible()

    def event(self) -> dict[str, Any]:
        """The newest event in Odoo."""
        return self.place.events()[0]


def url_of(place: Place, view: str, kiosk: str = "face", **gate: Any) -> str:
    """The address of a gate's kiosk, after making it one."""
    api, number = place.site.api, place.gates[view]
    api.call("hr.face.gate", "write", [number], {"kiosk": kiosk, **gate})
    [row] = api.call("hr.face.gate", "read", [number], ["kiosk_url"])
    return str(row["kiosk_url"])


@contextmanager
def kiosk(
    place: Place, stream: str | None, view: str = "entrance", mode: str = "face", **options: Any
) -> Iterator[Kiosk]:
    """A gate's kiosk with a fake camera that plays a stream of cameras.py."""
    url = url_of(place, view, mode)
    with place.page(stream, **options) as page:
        page.goto(url)
        yield Kiosk(place, page)
