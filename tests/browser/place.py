"""A real Odoo, a real recognition service beside it, and browsers with a fake camera."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from device_bridge.ports import FaceDetector
from tests.browser.cameras import camera
from tools import ports
from tools.demo.site import BRIDGE, Site

_CHROMIUM = "/usr/bin/chromium"
_SWITCHES = (
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--disable-background-networking",
    "--disable-gpu",
    "--no-first-run",
)


class Service:
    """`device-bridge serve`, paired once, that can be stopped and started again."""

    def __init__(self, site: Site, folder: Path) -> None:
        self._folder, self.port = folder, ports.pick(18470)
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[str] | None = None
        self.log = folder / "service.log"
        folder.mkdir(parents=True, exist_ok=True)
        gates = list(site.gates)
        values = {"name": "Kiosks", "gate_ids": [[6, 0, gates]], "service_url": self.url}
        [self.device] = site.api.call("hr.face.device", "create", [values])
        action = site.api.call("hr.face.device", "action_pair", [self.device])
        code = action["context"]["default_code"]
        subprocess.run(
            [BRIDGE, "pair", "--url", site.web.base_url, "--code", code, "--state", folder],
            check=True,
            capture_output=True,
        )

    def start(self) -> None:
        command = [BRIDGE, "serve", "--port", str(self.port), "--state", self._folder]
        self._process = subprocess.Popen(
            [*command, "--log", self.log], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        assert any(re.search(r"port \d+", line) for line in self._process.stdout), "it ended"

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def restart(self) -> None:
        """Its first act is a sync: what has changed in Odoo holds at once."""
        self.stop()
        self.start()


@dataclass
class Place:
    """Everything that a browser test may use.

    Attributes:
        site: Odoo and the demo company; `site.api` is Odoo as its administrator.
        gates: the company's gates, as in {"entrance": id}.
    """

    site: Site
    service: Service
    detector: FaceDetector
    playwright: Playwright
    photos: list[Path]
    gates: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.gates = {view: gate for gate, view in self.site.gates.items()}

    @property
    def url(self) -> str:
        return self.site.web.base_url

    @contextmanager
    def browser(self, stream: str | None, *more: str) -> Iterator[Browser]:
        """Chromium whose camera plays a stream of cameras.py; without one, there is no camera."""
        switches = [*_SWITCHES, *more]
        if stream is None:
            switches = [one for one in switches if "fake-device" not in one]
        else:
            switches.append(f"--use-file-for-fake-video-capture={camera(stream, self.detector)}")
        browser = self.playwright.chromium.launch(
            executable_path=_CHROMIUM, args=switches, chromium_sandbox=False
        )
        try:
            yield browser
        finally:
            browser.close()

    @contextmanager
    def page(self, stream: str | None, **options: Any) -> Iterator[Page]:
        """A page of a fresh context; what it logs as an error is in `page.errors`."""
        with self.browser(stream) as browser:
            context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
            yield watched(context)
            context.close()

    def log_in(self, page: Page) -> None:
        """As the administrator of the demo company."""
        page.goto(f"{self.url}/web/login")
        page.fill("input[name=login]", "admin")
        page.fill("input[name=password]", self.site.password)
        page.click("button[type=submit]")
        page.wait_for_selector(".o_main_navbar", timeout=60_000)

    def employee(self, badge: str) -> dict[str, Any]:
        [found] = self.site.api.search_read("hr.employee", [("barcode", "=", badge)], ["name"])
        return found

    def out(self, badge: str) -> int:
        """Somebody who is not in, whatever the tests before have left. Returns their number."""
        employee = int(self.employee(badge)["id"])
        domain = [("employee_id", "=", employee), ("check_out", "=", False)]
        for row in self.site.api.search_read("hr.attendance", domain, ["check_in"]):
            self.site.api.call("hr.attendance", "unlink", [row["id"]])
        return employee

    def events(self, *domain: Any) -> list[dict[str, Any]]:
        """Events that Odoo holds, newest first."""
        names = ["uuid", "outcome", "employee_id", "direction", "reason", "state", "evidence"]
        names += ["gate_id", "source", "captured_at", "pad"]
        return self.site.api.search_read("hr.face.event", [*domain], names, order="id desc")


def watched(context: BrowserContext) -> Page:
    """A page that prints its script errors, so that a failing test says why."""
    page = context.new_page()
    page.on("pageerror", lambda error: print("page error:", error))  # noqa: T201
    page.on("console", lambda one: one.type == "error" and print("console:", one.text))  # noqa: T201
    return page


def wait(what: str, done: Callable[[], bool], timeout_s: float = 20.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not done():
        assert time.monotonic() < deadline_s, f"{what} did not come within {timeout_s:g} s"
        time.sleep(0.1)
