"""The kiosk in a real browser: until its page is ready, and from a face in view to its result."""

from __future__ import annotations

import numpy as np
from playwright.sync_api import Page, sync_playwright

from device_bridge.adapters.face_deepface.registry import Registry
from tests.bench.measure import Result, Setup, say_progress
from tests.browser.conftest import without_double_punches
from tests.browser.kiosk import url_of
from tests.browser.place import Place, Service
from tools import ports, postgres
from tools.demo import stream
from tools.demo.site import COMPANY, Site, make_database
from tools.odoo_server import Odoo, OdooServer

PAGES = 7
LOOP_S = 6.0  # of the stream "arriving": somebody comes once in it
READY = ".o_face_camera_judging"

# From the first frame that the page is given with somebody in it (the stream marks them with a
# white corner) to the moment at which direction, reason and hours stand on the screen.
_WATCH = """() => {
    window.__taken = [];
    performance.setResourceTimingBufferSize(10000);
    const video = document.querySelector(".o_face_camera_video");
    const canvas = Object.assign(document.createElement("canvas"), { width: 4, height: 4 });
    const draw = canvas.getContext("2d", { willReadFrequently: true });
    let [was, since] = [true, null];
    const frame = () => {
        draw.drawImage(video, 0, 0, 20, 20, 0, 0, 4, 4);
        const is = draw.getImageData(1, 1, 1, 1).data[0] > 200;
        if (is && !was) { since = performance.now(); }
        was = is;
        video.requestVideoFrameCallback(frame);
    };
    video.requestVideoFrameCallback(frame);
    new MutationObserver(() => {
        if (since !== null && document.querySelector(".o_face_result_facts")) {
            const now = performance.now();
            const asked = performance.getEntriesByType("resource").filter(
                ({ name, startTime }) => name.includes("/v1/identify") && startTime > since);
            const last = asked.at(-1);
            window.__taken.push({
                total: now - since,
                frames: last.startTime - since,
                service: last.responseEnd - last.startTime,
                odoo: now - last.responseEnd,
            });
            since = null;
        }
    }).observe(document.body, { childList: true, subtree: true });
}"""


def measure(setup: Setup) -> Result:
    """Browser, Odoo and recognition service share the machine, as they do not in life."""
    registry = Registry(setup.weights)
    with postgres.acquire(fsync=True) as server, sync_playwright() as playwright:
        odoo = Odoo(server)
        make_database(odoo, "bench_kiosk")
        port = ports.pick(18169)
        log = setup.scratch / "odoo.log"
        with OdooServer(odoo, "bench_kiosk", port=port, log_file=log) as web:
            site = Site(web, setup.scratch, password="for-this-run-only")
            site.pair()
            photos = stream.enrolment_photos(registry.detector(), setup.scratch / "photos")
            site.enrol(photos)
            without_double_punches(site)
            _show_results_for_a_second(site)
            service = Service(site, setup.scratch / "service")
            service.start()
            try:
                place = Place(site, service, registry.detector(), playwright, photos)
                return _measure(place, max(5, setup.rounds // 2))
            finally:
                service.stop()


def _show_results_for_a_second(site: Site) -> None:
    [company] = site.api.search_read("res.company", [("name", "=", COMPANY)], ["id"])
    site.api.call("res.company", "write", [company["id"]], {"attendance_kiosk_delay": 1})


def _measure(place: Place, visits: int) -> Result:
    url = url_of(place, "entrance", direction="auto")
    ready_ms, taken_ms = [], []
    with place.page("nobody") as page:
        for number in range(PAGES):
            say_progress("kiosk, page ready", number, PAGES)
            page.goto(url)
            page.wait_for_selector(READY, timeout=60_000)
            ready_ms.append(float(page.evaluate("performance.now()")))
    with place.page("arriving") as page:
        page.goto(url)
        page.wait_for_selector(READY, timeout=60_000)
        page.evaluate(_WATCH)
        taken_ms = _visits(page, visits)
    first, *again = ready_ms
    ready = np.percentile(again, [50, 95])
    taken = np.percentile([one["total"] for one in taken_ms], [50, 95])
    parts = {
        f"kiosk_part_{name}_ms": round(float(np.median([one[name] for one in taken_ms])))
        for name in ("frames", "service", "odoo")
    }
    return Result(
        keys={
            "kiosk_page_first_ready_ms": round(first),
            "kiosk_page_ready_ms": round(float(ready[1])),
            "kiosk_face_to_result_p50_ms": round(float(taken[0])),
            "kiosk_face_to_result_ms": round(float(taken[1])),
            **parts,
        },
        raw={"kiosk": {"ready_ms": ready_ms, "taken_ms": taken_ms}},
    )


def _visits(page: Page, visits: int) -> list[dict[str, float]]:
    """Milliseconds of each: until the deciding frames were sent, the service's answer, Odoo's."""
    for number in range(visits):
        say_progress("kiosk, face to result", number, visits)
        page.wait_for_timeout(LOOP_S * 1000)
    taken: list[dict[str, float]] = page.evaluate("window.__taken")
    if len(taken) < visits // 2:
        raise SystemExit(f"Only {len(taken)} of {visits} visits had a result.")
    return taken
