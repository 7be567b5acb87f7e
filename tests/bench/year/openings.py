"""Pages opened in a real browser, by somebody under record rules, until the last row is painted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import numpy as np
from playwright.sync_api import Page, Request, sync_playwright

from tests.bench.measure import say_progress
from tools.demo.odoo_api import OdooApi

OPENINGS, SLOW_MS, STILL_MS = 20, 60_000, 2000
_CHROMIUM = "/usr/bin/chromium"
_SWITCHES = ("--disable-background-networking", "--disable-gpu", "--no-first-run")
_PAINTED = """
([rows, wanted]) => new Promise((resolve, reject) => {
    const started = performance.now();
    const look = () => {
        if (document.querySelectorAll(rows).length === wanted) {
            requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now())));
        } else if (performance.now() - started > 60000) {
            reject(new Error(`${document.querySelectorAll(rows).length} of ${wanted} rows`));
        } else {
            requestAnimationFrame(look);
        }
    };
    look();
})
"""
"""Milliseconds since the navigation began, at the second frame after the last row was there."""
_ASKED_MS = """
() => performance.getEntriesByType("resource")
    .filter((one) => one.name.includes("/web/dataset/"))
    .reduce((longest, one) => Math.max(longest, one.duration), 0)
"""


@dataclass(frozen=True)
class Opening:
    """A page to open.

    Attributes:
        path: below /odoo/.
        rows: CSS selector of what counts as a row.
        limit_ms: what the requirement says of it; None where it says nothing.
    """

    key: str
    title: str
    path: str
    rows: str
    limit_ms: int | None = 1500


@dataclass(frozen=True)
class View:
    """A saved action with filters, made for the benchmark: what a person clicks together once."""

    path: str
    model: str
    mode: str
    context: dict[str, Any] = field(default_factory=dict)
    domain: str = "[]"


def save(api: OdooApi, views: Sequence[View]) -> None:
    api.call(
        "ir.actions.act_window",
        "create",
        [
            {
                "name": view.path,
                "path": view.path,
                "res_model": view.model,
                "view_mode": view.mode,
                "context": repr(view.context),
                "domain": view.domain,
            }
            for view in views
        ],
    )


def save_person(api: OdooApi, path: str, badge: str) -> None:
    """The page of one person, as a saved action."""
    [person] = api.search_read("hr.employee", [("barcode", "=", badge)], ["name"])
    action = {"name": person["name"], "path": path, "tag": "hr_face_attendance.person"}
    api.call("ir.actions.client", "create", [action | {"params": {"employee_id": person["id"]}}])


def save_gate(api: OdooApi, path: str) -> None:
    """The page of the first gate, as a saved action."""
    gate = api.search_read("hr.face.gate", [], ["name"])[0]
    action = {"name": gate["name"], "path": path, "tag": "hr_face_attendance.gate"}
    api.call("ir.actions.client", "create", [action | {"params": {"gate_id": gate["id"]}}])


@contextmanager
def browser(url: str, login: str, password: str) -> Iterator[Page]:
    """A page of somebody who has logged in; its cache is the browser's, as in daily work."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=_CHROMIUM, args=list(_SWITCHES), chromium_sandbox=False
        )
        context = chromium.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        page.goto(f"{url}/web/login")
        page.fill("input[name=login]", login)
        page.fill("input[name=password]", password)
        page.click("button[type=submit]")
        page.wait_for_selector(".o_main_navbar", timeout=SLOW_MS)
        try:
            yield page
        finally:
            chromium.close()


def measure(
    page: Page, url: str, openings: Sequence[Opening], times: int = OPENINGS
) -> dict[str, Any]:
    """{key: row} with what the reporter knows (median, quartiles) and the 95th percentile."""
    rows: dict[str, int] = {}
    between = _Between(page)
    took_ms: dict[str, list[float]] = {one.key: [] for one in openings}
    asked_ms: dict[str, list[float]] = {one.key: [] for one in openings}
    for one in openings:
        rows[one.key] = _first(page, url, one)
    for number in range(times):
        say_progress("openings", number, times)
        for one in openings:
            page.goto(f"{url}/odoo/{one.path}", wait_until="commit")
            took_ms[one.key].append(page.evaluate(_PAINTED, [one.rows, rows[one.key]]))
            asked_ms[one.key].append(page.evaluate(_ASKED_MS))
            between.wait()
    say_progress("openings", times, times)
    return {
        one.key: _row(one, rows[one.key], took_ms[one.key], asked_ms[one.key]) for one in openings
    }


class _Between:
    """What passes between two pages that a person looks at: the pictures of the first one come,
    and the browser throws away what the one before held.

    Without it the renderer of this benchmark grows to gigabytes, and each opening is slower than
    the one before, on Odoo's own pages as well. (`networkidle` never comes: a page keeps a
    connection.)
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._asked: set[Request] = set()
        self._devtools = page.context.new_cdp_session(page)
        page.on("request", self._ask)
        page.on("requestfinished", self._had)
        page.on("requestfailed", self._had)

    def _ask(self, request: Request) -> None:
        if request.resource_type == "image":
            self._asked.add(request)

    def _had(self, request: Request) -> None:
        self._asked.discard(request)

    def wait(self) -> None:
        ends_s = monotonic() + SLOW_MS / 1000
        while self._asked and monotonic() < ends_s:
            self._page.wait_for_timeout(50)
        self._devtools.send("HeapProfiler.collectGarbage")


def _first(page: Page, url: str, one: Opening) -> int:
    """How many rows the page has when no more come; the assets are in the cache then."""
    page.goto(f"{url}/odoo/{one.path}", wait_until="commit")
    page.wait_for_selector(one.rows, timeout=SLOW_MS)
    before = -1
    while (rows := page.locator(one.rows).count()) != before:
        before = rows
        page.wait_for_timeout(STILL_MS)
    return rows


def _row(one: Opening, rows: int, took_ms: list[float], asked_ms: list[float]) -> dict[str, Any]:
    low, middle, high, most = np.percentile(took_ms, [25, 50, 75, 95])
    return {
        "title": one.title,
        "rows": rows,
        "median_ms": round(float(middle), 1),
        "p25_ms": round(float(low), 1),
        "p75_ms": round(float(high), 1),
        "p95_ms": round(float(most), 1),
        "longest_call_ms": round(float(np.median(asked_ms)), 1),
        "limit_ms": one.limit_ms,
        "n": len(took_ms),
    }
