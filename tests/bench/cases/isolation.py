"""An HR list view while kiosks ask and the recognition service hangs.

Two Odoo workers. The service accepts connections and never answers; an import waits for it,
and kiosk pages ask Odoo for tokens all the while. The list's p95 is taken with and without
them, in turns.
"""

from __future__ import annotations

import multiprocessing
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event

import numpy as np
import requests

from tests import crowd
from tests.bench.measure import Result, Setup, say_progress
from tools import postgres
from tools.demo.odoo_api import OdooApi

KIOSK_REQUESTS, KIOSKS = 50, 4
VIEWS, ROUNDS = 200, 3
_COLUMNS = ["employee_id", "check_in", "check_out", "worked_hours"]


def measure(setup: Setup) -> Result:
    with (
        _silent() as address,
        postgres.acquire(fsync=False) as server,
        crowd.odoo_with(server, "bench_isolation", setup.scratch, workers=2) as web,
    ):
        api = crowd.log_in(web)
        people = crowd.people(api, 200)
        rows = [
            {
                "employee_id": one,
                "check_in": "2025-03-03 08:00:00",
                "check_out": "2025-03-03 16:00:00",
            }
            for one in people
        ]
        api.call("hr.attendance", "create", rows)
        [gate] = crowd.devices(api, web, 1)
        [device] = api.search_read("hr.face.device", [], ["id"])
        api.call("hr.face.device", "write", [device["id"]], {"service_url": address})
        key = _kiosk_key(api, gate.gate)
        _start_import(api, web.base_url, people[0])
        alone: list[float] = []
        beside: list[float] = []
        _views(api, 20)
        for number in range(ROUNDS):
            say_progress("isolation", number, ROUNDS)
            alone += _views(api, VIEWS)
            with _kiosks(web.base_url, key):
                beside += _views(api, VIEWS)
        say_progress("isolation", ROUNDS, ROUNDS)
    p95_alone, p95_beside = (float(np.percentile(one, 95)) for one in (alone, beside))
    return Result(
        {"isolation_list_p95_ratio": round(p95_beside / p95_alone, 2)},
        {"isolation": {"alone_p95_ms": round(p95_alone, 1), "beside_p95_ms": round(p95_beside, 1)}},
    )


def _views(api: OdooApi, number: int) -> list[float]:
    """Times in ms of an ordinary list of attendances."""
    taken = []
    for _ in range(number):
        started_s = time.perf_counter()
        api.search_read("hr.attendance", [], _COLUMNS, limit=80)
        taken.append((time.perf_counter() - started_s) * 1e3)
    return taken


@contextmanager
def _kiosks(url: str, key: str) -> Iterator[None]:
    """KIOSK_REQUESTS spread over the list views beside them, as people come to a kiosk.

    From a process of their own: kiosks are other machines, and do not share the interpreter of
    whoever opens the list.
    """
    spawn = multiprocessing.get_context("spawn")
    ready, done = spawn.Event(), spawn.Event()
    kiosks = spawn.Process(target=_visit, args=(url, key, ready, done))
    kiosks.start()
    try:
        if not ready.wait(30):
            raise SystemExit("the kiosks did not start")
        yield
    finally:
        done.set()
        kiosks.join()


def _visit(url: str, key: str, ready: Event, done: Event) -> None:
    def ask() -> None:
        body = {"jsonrpc": "2.0", "method": "call", "params": {"token": key}}
        with requests.Session() as session:
            for _ in range(KIOSK_REQUESTS // KIOSKS):
                session.post(f"{url}/hr_face_attendance/kiosk/session", json=body, timeout=30)
                if done.wait(0.5):
                    return

    threads = [threading.Thread(target=ask) for _ in range(KIOSKS)]
    for thread in threads:
        thread.start()
    ready.set()
    for thread in threads:
        thread.join()


@contextmanager
def _silent() -> Iterator[str]:
    """The address of a service that accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=200) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def _kiosk_key(api: OdooApi, gate: int) -> str:
    api.call("hr.face.gate", "write", [gate], {"kiosk": "face"})
    [row] = api.search_read("hr.face.gate", [("id", "=", gate)], ["kiosk_key"])
    return str(row["kiosk_key"])


def _start_import(api: OdooApi, url: str, employee: int) -> None:
    """A job that waits for the silent service."""
    [person] = api.search_read("hr.employee", [("id", "=", employee)], ["barcode"])
    api.call("hr.face.consent", "create", [{"employee_id": employee}])
    [job] = api.call("hr.face.import", "create", [{"name": "waits"}])
    headers = {"X-File": f"{person['barcode']}.jpg", "X-Position": "0"}
    answer = api.post(f"/hr_face_attendance/import/{job}/part", headers, b"a photo")
    answer.raise_for_status()
    api.call("hr.face.import", "action_start", [job])
