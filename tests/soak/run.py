"""`make soak`: 24 hours at one gate in compressed time; the report is build/soak.json.

The pipeline, outbox, delivery, sync, larder and HTTP client are the product's; the camera is
painted, the clock is told, and the server answers over real HTTP, is away every fourth hour,
and fails now and then. What a process holds is looked at every simulated quarter of an hour.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np

from device_bridge.adapters.odoo.client import OdooClient
from device_bridge.adapters.odoo.identity import Keys
from device_bridge.adapters.seal import Seal
from device_bridge.adapters.sqlite.outbox import SqliteOutbox
from device_bridge.domain.capture import Frame
from device_bridge.domain.event import CaptureTime
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.errors import CameraLost
from device_bridge.fakes.clock import FakeClock
from device_bridge.fakes.recognition import (
    DIMENSION,
    MODEL,
    PaintedFaceDetector,
    PaintedFaceEmbedder,
    paint_face,
)
from device_bridge.pipeline.attend import Attendant
from device_bridge.pipeline.deliver import Delivery
from device_bridge.pipeline.observe import Observer
from device_bridge.pipeline.server_time import ServerTime, SiteClock
from device_bridge.supervisor import Supervisor
from tests.bridge.test_attend import Notebook
from tests.builders import BOOT, CHAIN, START, gate, person
from tools import paths

COLOURS = range(40, 240, 4)
FRAME_S = 1 / 15
LOOK_EVERY_S = 900.0
WARM_SHARE = 0.25
"""Of the looks: caches fill, and Python keeps what it will need again."""
MOST_SLOPE_MB = 5.0
"""Per simulated day; a leak of one template per event would be twice that."""


@dataclass
class Report:
    """build/soak.json. `slope_mb_per_day`: least squares over the looks after warming up."""

    hours: float
    events: int
    delivered: int
    slope_mb_per_day: float
    threads: list[int]
    handles: list[int]
    seconds: float
    rss_mb: list[float] = field(default_factory=list)

    @property
    def flat(self) -> bool:
        return (
            self.slope_mb_per_day <= MOST_SLOPE_MB
            and self.threads[0] == self.threads[1]
            and self.handles[0] == self.handles[1]
            and self.events == self.delivered
        )


class Quiet(Notebook):
    """Keeps nothing, or the test itself would leak."""

    def concluded(self, notice: Any) -> None: ...

    def guide(self, gate: Any, guidance: Any) -> None: ...


class Server:
    """Answers `/events` as Odoo does; away and failing by turns."""

    def __init__(self) -> None:
        self.away = False
        self.seen: set[str] = set()
        self._calls = 0
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                owner._calls += 1
                if owner.away:
                    self.close_connection = True
                    return
                status = 500 if owner._calls % 29 == 0 else 200
                results = [owner._take(event["uuid"]) for event in body["events"]]
                answer = json.dumps({"results": results}).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_args: object) -> None: ...

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever, name="server")
        self.thread.start()

    def _take(self, uuid: str) -> dict[str, str]:
        status = "duplicate" if uuid in self.seen else "accepted"
        self.seen.add(uuid)
        return {"uuid": uuid, "status": status}

    def close(self) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


class Day:
    """Implements ports.Camera: somebody passes every so many seconds, all day long."""

    def __init__(self, hours: float, every_s: float, clock: FakeClock, site: SiteClock) -> None:
        self._left_s, self._every_s = hours * 3600, every_s
        self._clock, self._site = clock, site
        self._number = self._passed = 0
        self.looks: list[float] = []
        self._looked_s = 0.0

    def frames(self) -> Iterator[Frame]:
        while self._left_s > 0:
            self._passed += 1
            for _ in range(4):
                yield self._frame(COLOURS[self._passed % len(COLOURS)])
            self._pass(self._every_s)
            yield self._frame(None)
            if self._passed % 500 == 0:
                raise CameraLost("the cable")

    def close(self) -> None: ...

    def _pass(self, seconds: float) -> None:
        self._clock.pass_s(seconds)
        self._left_s -= seconds
        self._looked_s += seconds
        if self._looked_s >= LOOK_EVERY_S:
            self._looked_s = 0.0
            gc.collect()
            self.looks.append(rss_mb())

    def _frame(self, colour: int | None) -> Frame:
        self._pass(FRAME_S)
        self._number += 1
        image = np.zeros((90, 160, 3), np.uint8)
        if colour is not None:
            paint_face(image, colour, 50, 15, 60, seed=self._number)
        moment = CaptureTime(self._site.now(), round(self._site.monotonic_s() * 1000), BOOT)
        return Frame(image, moment, self._number)


def rss_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1e6


def handles() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def soak(hours: float, events: int, folder: Path) -> Report:
    """Hours of simulated work in which about so many people pass."""
    started_s = time.monotonic()
    server = Server()
    threads, files = threading.active_count(), handles()
    clock, server_time = FakeClock(), ServerTime()
    server_time.measured(1000.0, START, 1000.0)
    site = SiteClock(clock, server_time)
    keys = Keys.generate()
    path = folder / "outbox.sqlite"
    outbox = SqliteOutbox(path, 3, CHAIN, keys.signing.sign, seal=Seal(bytes(32)))
    client = OdooClient(server.url, "fd_soak")
    supervisor, feedback = Supervisor(), Quiet()
    delivery = Delivery(outbox, client, feedback)
    gallery = MatrixGallery(MODEL, DIMENSION)
    gallery.update([person(colour) for colour in COLOURS], [])
    camera = Day(hours, hours * 3600 / events, clock, site)
    one = gate(min_face_px=30, refractory_s=10)
    attendant = Attendant(
        settings=lambda: one,
        camera=camera,
        observer=Observer(PaintedFaceDetector(), PaintedFaceEmbedder(), gallery),
        outbox=outbox,
        feedback=feedback,
        clock=site,
        server_time=server_time,
        model=MODEL,
        on_commit=delivery.wake,
    )
    sending = supervisor.start("delivery", lambda: delivery.run(supervisor.stop))
    watching = supervisor.start("gate", attendant.run)
    while watching.is_alive():
        hour = (clock.monotonic_s() - 1000) / 3600
        server.away = int(hour) % 4 == 3
        outbox.forget_acknowledged(site.now() - timedelta(hours=1))
        watching.join(0.2)
    server.away = False
    while outbox.waiting():
        delivery.wake()
        time.sleep(0.05)
    _chain, made = outbox.committed()
    supervisor.stop.set()
    delivery.wake()
    sending.join()
    client.close()
    outbox.close()
    server.close()
    gc.collect()
    return Report(
        hours=hours,
        events=made,
        delivered=len(server.seen),
        slope_mb_per_day=_slope(camera.looks) * 86_400 / LOOK_EVERY_S,
        threads=[threads - 1, threading.active_count()],
        handles=[files - 1, handles()],
        seconds=round(time.monotonic() - started_s, 1),
        rss_mb=[round(one, 2) for one in camera.looks],
    )


def _slope(looks: list[float]) -> float:
    """MB from one look to the next."""
    settled = looks[int(len(looks) * WARM_SHARE) :]
    return round(float(np.polyfit(range(len(settled)), settled, 1)[0]), 5)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--events", type=int, default=10_000)
    given = parser.parse_args()
    paths.BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=paths.BUILD) as folder:
        report = soak(given.hours, given.events, Path(folder))
    (paths.BUILD / "soak.json").write_text(json.dumps(asdict(report), indent=1) + "\n")
    sys.stdout.write(json.dumps(asdict(report)) + "\n")
    return 0 if report.flat else 1


if __name__ == "__main__":
    sys.exit(main())
