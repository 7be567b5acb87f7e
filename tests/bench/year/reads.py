"""The device API and the nightly jobs before a year of events, and what they read of it.

Each says how long it takes, and how many events PostgreSQL read one after the other for it: on a
hot path that is none, whatever the table holds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from tests import crowd
from tests.bench.measure import Result, say
from tests.bench.year import jobs
from tools.demo.odoo_api import OdooApi
from tools.odoo_server import OdooServer

SINGLES, BATCHES, BATCH = 100, 10, 100
SETTLED_S = 11
"""PostgreSQL's sessions tell what they have read when they have been idle for ten seconds."""


def measure(web: OdooServer) -> Result:
    """Rows per path: milliseconds, and events read in a sequential scan."""
    api = crowd.log_in(web)
    [gate] = crowd.devices(api, web, 1)
    found = device_paths(web, api, gate) | jobs.measure(web)
    for name, row in found.items():
        say(f"  {name:34} {row['median_ms']:>9} ms per {row['per']}, {row['scanned']} scanned")
    worst = max(row["scanned"] for row in found.values() if row["hot"])
    return Result({"year_events_scanned_on_hot_paths": worst}, {"year_paths": found})


def device_paths(web: OdooServer, api: OdooApi, gate: crowd.Device) -> dict[str, Any]:
    people = [
        row["id"] for row in api.search_read("hr.employee", [("barcode", "like", "Y")], ["id"])
    ]
    now = datetime.now(UTC)
    batches = [
        [
            gate.see(one, now - timedelta(seconds=300 - number * 10, milliseconds=place))
            for place, one in enumerate(people[number * BATCH : (number + 1) * BATCH])
        ]
        for number in range(BATCHES)
    ]
    singles = [[gate.see(one, now)] for one in people[:SINGLES]]
    start = gate.client.gallery(None)
    cursor = _to_the_end(gate, start)
    before = scanned(web)
    found = {
        "events, in batches": _timed("event", _sends(gate, batches), BATCH),
        "events, one by one": _timed("event", _sends(gate, singles)),
        "events known already, in batches": _timed("event", _sends(gate, batches), BATCH),
        "gallery, nothing new": _timed("call", [lambda: gate.client.gallery(cursor)] * SINGLES),
        "gallery, 500 people": _timed("call", [lambda: gate.client.gallery(None)] * 5),
    }
    after = scanned(web)
    # told of all together, for each look at the statistics takes ten seconds
    return {name: one | {"scanned": after - before} for name, one in found.items()}


def _to_the_end(gate: crowd.Device, page: dict[str, Any]) -> str:
    while page["more"]:
        page = gate.client.gallery(page["cursor"])
    return str(page["cursor"])


def _sends(
    gate: crowd.Device, batches: Sequence[Sequence[dict[str, Any]]]
) -> list[Callable[[], Any]]:
    return [lambda batch=batch: gate.send(batch) for batch in batches]  # type: ignore[misc]


def _timed(per: str, calls: Sequence[Callable[[], Any]], each: int = 1) -> dict[str, Any]:
    """A row: milliseconds per event or call."""
    took_ms = []
    for call in calls:
        started = time.perf_counter()
        call()
        took_ms.append((time.perf_counter() - started) * 1e3 / each)
    return row(took_ms, per, 0)


def row(took_ms: Sequence[float], per: str, scanned: int, *, hot: bool = True) -> dict[str, Any]:
    """As the reporter of the benchmarks wants it."""
    low, middle, high, most = np.percentile(took_ms, [25, 50, 75, 95])
    return {
        "median_ms": round(float(middle), 2),
        "p25_ms": round(float(low), 2),
        "p75_ms": round(float(high), 2),
        "p95_ms": round(float(most), 2),
        "n": len(took_ms),
        "per": per,
        "scanned": scanned,
        "hot": hot,
    }


def scanned(web: OdooServer) -> int:
    """Events read by sequential scans since the database was made."""
    time.sleep(SETTLED_S)
    return int(
        crowd.sql(
            web, "SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'hr_face_event'"
        )
    )
