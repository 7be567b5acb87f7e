"""`POST /events` against Odoo's own kiosk routes, both over HTTP, one process each, in turn.

The native kiosk runs on a server without the addon, so nothing of ours slows it down. Every
round, the same number of people check in and then check out: natively one by one by badge,
ours in batches of 100 and one by one.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import requests

from tests import crowd
from tests.bench.measure import Result, Setup, say_progress
from tools import postgres
from tools.odoo_server import OdooServer

PEOPLE, AT_ONCE, DEVICES, ROUNDS = 100, 4, 16, 6
API = "/hr_face_attendance/v1/events"
MANY = 10_000


def measure(setup: Setup) -> Result:
    with (
        postgres.acquire(fsync=False) as server,
        crowd.odoo_with(server, "bench_native", setup.scratch, addon=False) as bare,
        crowd.odoo_with(server, "bench_face", setup.scratch) as ours,
    ):
        rows = compare(bare, ours)
        queries = queries_per_event(ours)
    keys = {
        f"ingest_{kind}_over_native": round(
            min(
                rows["native"][f"{spent}_ms"] / rows[kind][f"{spent}_ms"]
                for spent in ("wall", "cpu")
            ),
            2,
        )
        for kind in ("batch", "single")
    }
    keys |= {f"queries_per_event_{people}": median for people, median in queries.items()}
    return Result(keys, raw={"ingest": rows})


def compare(bare: OdooServer, ours: OdooServer) -> dict[str, dict[str, float]]:
    """Milliseconds of wall and of processor per event: native, batch, single.

    Wall is that of four clients at once; processor is the server's and its database's.
    """
    native = Native(bare)
    api = crowd.log_in(ours)
    gates = crowd.devices(api, ours, DEVICES)
    batched, singly = (crowd.people(api, PEOPLE, prefix) for prefix in ("Batch", "Single"))
    spent: dict[str, list[tuple[float, float]]] = {"native": [], "batch": [], "single": []}
    for number in range(ROUNDS):
        say_progress("ingest", number, ROUNDS)
        batches = [
            [gates[0].see(one, crowd.at(number, hour)) for one in batched] for hour in (7, 16)
        ]
        singles = [
            [
                (gate, [gate.see(one, crowd.at(number, hour))])
                for one, gate in zip(singly, gates * PEOPLE, strict=False)
            ]
            for hour in (7, 16)
        ]
        for half in range(2):
            works: dict[str, tuple[OdooServer, list[Callable[[], Any]]]] = {
                "native": (bare, [lambda n=n: native.scan(n) for n in range(PEOPLE)]),  # type: ignore[misc]
                "batch": (ours, [lambda events=batches[half]: gates[0].send(events)]),  # type: ignore[misc]
                "single": (
                    ours,
                    [lambda gate=gate, one=one: gate.send(one) for gate, one in singles[half]],  # type: ignore[misc]
                ),
            }
            for name, (web, calls) in works.items():
                spent[name].append(_timed(web, calls))
    say_progress("ingest", ROUNDS, ROUNDS)
    # the first round warms up; a round is the check-ins and the check-outs
    return {
        name: {
            "wall_ms": round(float(np.median([w for w, _ in _rounds(rows)])), 3),
            "cpu_ms": round(float(np.median([c for _, c in _rounds(rows)])), 3),
            "n": PEOPLE * 2 * (ROUNDS - 1),
        }
        for name, rows in spent.items()
    }


def _rounds(halves: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    pairs = list(zip(halves[2::2], halves[3::2], strict=True))
    return [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in pairs]


def _timed(web: OdooServer, calls: Sequence[Callable[[], Any]]) -> tuple[float, float]:
    """Wall and processor time per person of so many calls, four at once."""
    cpu, wall = crowd.cpu_s(web), time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for future in [pool.submit(call) for call in calls]:
            future.result()
    wall = time.perf_counter() - wall
    return wall / PEOPLE * 1e3, (crowd.cpu_s(web) - cpu) / PEOPLE * 1e3


class Native:
    """The kiosk page of Odoo itself, as a badge scanner drives it."""

    def __init__(self, web: OdooServer) -> None:
        api = crowd.log_in(web)
        crowd.people(api, PEOPLE)
        [company] = api.search_read("res.company", [], ["attendance_kiosk_key"])
        self._token = company["attendance_kiosk_key"]
        self._url = f"{web.base_url}/hr_attendance/attendance_barcode_scanned"
        self._session = requests.Session()
        self._session.trust_env = False
        # as a browser: with the page comes the cookie that names the database
        self._session.get(f"{web.base_url}/hr_attendance/{self._token}", timeout=60)

    def scan(self, number: int) -> None:
        params = {"token": self._token, "barcode": f"Person{number}"}
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        answer = self._session.post(self._url, json=body, timeout=60).json()
        if not answer.get("result"):
            raise SystemExit(f"The native kiosk refused: {json.dumps(answer)[:300]}")


def queries_per_event(web: OdooServer) -> dict[int, float]:
    """Median queries of a single check-out among 100 and among 10,000 employees."""
    api = crowd.log_in(web)
    [gate] = crowd.devices(api, web, 1)
    found: dict[int, float] = {}
    for total in (PEOPLE, MANY):
        have = api.call("hr.employee", "search_count", [])
        crowd.people(api, max(0, total - have), f"Extra{total}x")
        for one in crowd.people(api, 15, f"Seen{total}x"):
            gate.send([gate.see(one, crowd.at(0, 7))])
            gate.send([gate.see(one, crowd.at(0, 16))])
        found[total] = float(np.median(crowd.queries(web.log_file, API)[-20:][1::2]))
    return found
