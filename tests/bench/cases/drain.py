"""A bridge that was cut off for 30 days: its outbox, drained into Odoo on the same cores.

300,000 events of 1,000 people are committed, sealed and signed, to the outboxes of two
bridges, as 30 days at 10,000 events would leave them; then both deliver, newest first, until
the last row of attendance is written. BENCH_DRAIN_EVENTS=300000 is the long form; the default
is a twentieth of it, and the time is scaled.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from device_bridge.adapters.seal import Seal
from device_bridge.adapters.sqlite.outbox import Limits, SqliteOutbox
from device_bridge.domain.event import CaptureTime, Outcome, Sighting, TimeSource
from device_bridge.pipeline.deliver import BATCH, Delivery
from tests import crowd
from tests.bench.measure import Result, Setup, say, say_progress
from tests.bridge.test_attend import Notebook
from tools import postgres

WHOLE = 300_000
EVENTS = int(os.environ.get("BENCH_DRAIN_EVENTS", "15000"))
DAYS, HOURS = 30, (7, 8, 9, 10, 11, 12, 13, 14, 15, 16)
PEOPLE = EVENTS // DAYS // len(HOURS)


def measure(setup: Setup) -> Result:
    with (
        postgres.acquire(fsync=False) as server,
        crowd.odoo_with(server, "bench_drain", setup.scratch, workers=2) as web,
    ):
        api = crowd.log_in(web)
        people = crowd.people(api, PEOPLE, "Drain")
        gates = crowd.devices(api, web, 2)
        boxes = [
            fill(setup.scratch / f"outbox-{n}.sqlite", gate, people[n::2])
            for n, gate in enumerate(gates)
        ]
        held = sum(box._database.used_bytes() for box in boxes)
        drained_s, first_s = drain(web, gates, boxes)
    rows = {"events": EVENTS, "first_day_s": round(first_s, 1), "drained_s": round(drained_s, 1)}
    return Result(
        {
            "drain_300k_s": round(drained_s * WHOLE / EVENTS, 1),
            "outbox_bytes_per_event": round(held / EVENTS),
        },
        raw={"drain": rows},
    )


def fill(path: Path, gate: crowd.Device, people: list[int]) -> SqliteOutbox:
    """What 30 days without a network leave behind."""
    box = SqliteOutbox(
        path,
        gate.link.device,
        gate.link.chain,
        gate.keys.signing.sign,
        seal=Seal(bytes(32)),
        limits=Limits(),
    )
    # only filling is hurried; draining is as it is at a gate
    with box._database.reading() as db:
        db.execute("PRAGMA synchronous = OFF")
    for day in range(DAYS):
        say_progress("filling", day, DAYS)
        for hour in HOURS:
            for one in people:
                box.commit(_seen(gate.gate, one, day, hour))
    with box._database.reading() as db:
        db.execute("PRAGMA synchronous = FULL")
    return box


def _seen(gate: int, employee: int, day: int, hour: int) -> Sighting:
    moment = crowd.at(day, hour, employee % 60)
    return Sighting(
        gate=gate,
        outcome=Outcome.IDENTIFIED,
        time=CaptureTime(moment, 3_000_000_000, crowd.BOOT, TimeSource.RECORDING),
        employee=employee,
        template_model="dlib-resnet-v1@aligned5",
        similarity=0.97,
        margin=0.05,
        evidence={"votes": 3, "frames": 4, "face_px": 112},
    )


class _Quiet(Notebook):
    def delivered(self, event: dict[str, Any], result: dict[str, Any]) -> None: ...


def drain(web: Any, gates: list[crowd.Device], boxes: list[SqliteOutbox]) -> tuple[float, float]:
    """Seconds until the last row of attendance, and until the newest day is known."""
    started = time.perf_counter()
    first: list[float] = []

    def deliver(gate: crowd.Device, box: SqliteOutbox) -> None:
        delivery = Delivery(box, gate.client, _Quiet())
        while waiting := box.waiting():
            if wait_s := delivery.step():
                time.sleep(wait_s)
            if not first and waiting <= EVENTS // 2 - EVENTS // DAYS // 2 - BATCH:
                first.append(time.perf_counter() - started)
            if (waiting // BATCH) % 50 == 0:
                say_progress("draining", EVENTS // 2 - waiting, EVENTS // 2)

    with ThreadPoolExecutor(len(gates)) as pool:
        for future in [pool.submit(deliver, *work) for work in zip(gates, boxes, strict=True)]:
            future.result()
    sent_s = time.perf_counter() - started
    crowd.wait_derived(web, timeout_s=3600)
    took_s = time.perf_counter() - started
    for box in boxes:
        box.close()
    say(f"  drain: {EVENTS} events, sent in {sent_s:.1f} s, derived after {took_s:.1f} s")
    return took_s, first[0] if first else took_s
