"""Catching up: what devices kept while they were cut off, newest first, and late events.

Two workers and the cron. Everything is counted until the last row of attendance, with its
overtime, is written. BENCH_BACKLOG_EVENTS=300000 is the long form: 1,000 people, 30 days,
ten events a day; the default is a tenth of it, 100 people.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests import crowd
from tests.bench.measure import Result, Setup, say, say_progress
from tools import postgres
from tools.odoo_server import OdooServer

EVENTS = int(os.environ.get("BENCH_BACKLOG_EVENTS", "30000"))
DAYS, HOURS = 30, (7, 8, 9, 10, 11, 12, 13, 14, 15, 16)
PEOPLE = EVENTS // DAYS // len(HOURS)
LATE_PEOPLE, LATE_EVENTS = 1000, 10_000
BATCH = 100


def measure(setup: Setup) -> Result:
    with (
        postgres.acquire(fsync=False) as server,
        crowd.odoo_with(server, "bench_backlog", setup.scratch, workers=2) as web,
    ):
        late_s = late_events(web)
        per_s = backlog(web)
    raw = {"backlog": {"events": EVENTS, "people": PEOPLE, "days": DAYS, "workers": 2}}
    return Result({"late_events_10000_s": late_s, "backlog_events_per_s": per_s}, raw)


def late_events(web: OdooServer) -> float:
    """Seconds from the first of 10,000 late events, over 30 days, to the last row.

    Everybody has been in and out on each of these days; the late ones are ten punches of
    everybody's breaks, in any order, from two devices at once.
    """
    api = crowd.log_in(web)
    people = crowd.people(api, LATE_PEOPLE, "Late")
    gates = crowd.devices(api, web, 2)
    known = [
        gates[0].see(one, crowd.at(day, hour))
        for day in range(DAYS)
        for one in people
        for hour in (7, 16)
    ]
    deliver("history", web, gates[:1], [known])
    chance = random.Random(7)
    late: list[list[dict[str, Any]]] = [[], []]
    for number, one in enumerate(people):
        for day in chance.sample(range(DAYS), LATE_EVENTS // LATE_PEOPLE // 2):
            late[number % 2] += [
                gates[number % 2].see(one, crowd.at(day, hour)) for hour in (11, 12)
            ]
    for events in late:
        chance.shuffle(events)
    return round(deliver("late events", web, gates, late), 1)


def backlog(web: OdooServer) -> float:
    """Events per second, from the first request to the last row."""
    api = crowd.log_in(web)
    people = crowd.people(api, PEOPLE, "Backlog")
    gates = crowd.devices(api, web, 2)
    kept = [
        [
            gate.see(one, crowd.at(day, hour, one % 60))
            for day in range(DAYS)
            for hour in HOURS
            for one in people[number::2]
        ][::-1]
        for number, gate in enumerate(gates)
    ]
    took_s = deliver("backlog", web, gates, kept)
    rows = api.call("hr.attendance", "search_count", [("employee_id", "in", people)])
    wanted = PEOPLE * DAYS * len(HOURS) // 2
    if rows != wanted:
        raise SystemExit(f"{rows} rows of attendance instead of {wanted}.")
    return round(EVENTS / took_s, 1)


def deliver(
    title: str,
    web: OdooServer,
    gates: Sequence[crowd.Device],
    kept: Sequence[Sequence[dict[str, Any]]],
) -> float:
    """Seconds until everything that the devices kept is attendance."""
    total, done, started = sum(map(len, kept)), 0, time.perf_counter()
    say_progress(title, 0, total)

    def send_all(gate: crowd.Device, events: Sequence[dict[str, Any]]) -> None:
        nonlocal done
        for start in range(0, len(events), BATCH):
            batch = events[start : start + BATCH]
            results = gate.send(batch, max(0, len(events) - start - BATCH))
            if any(one["status"] != "accepted" for one in results):
                raise SystemExit(f"Not accepted: {results[:3]}")
            done += len(batch)
            if (done // BATCH) % 50 == 0:
                say_progress(title, done, total)

    with ThreadPoolExecutor(len(gates)) as pool:
        for future in [pool.submit(send_all, *work) for work in zip(gates, kept, strict=True)]:
            future.result()
    sent_s = time.perf_counter() - started
    crowd.wait_derived(web, timeout_s=3600)
    took_s = time.perf_counter() - started
    say(f"  {title}: {total} events, sent in {sent_s:.1f} s, derived after {took_s:.1f} s")
    return took_s
