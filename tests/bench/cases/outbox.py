"""Events per second that the outbox makes durable, signed and chained."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from device_bridge.adapters.sqlite.outbox import SqliteOutbox
from device_bridge.domain.event import CaptureTime, Outcome, Sighting
from tests.bench.measure import WARM_UP, Result, Setup, say_progress

CHAIN = "00000000-0000-4000-8000-000000000001"
COMMITS = 500


def measure(setup: Setup) -> Result:
    """One thread, one commit at a time, on the disk where build/ is."""
    sign = Ed25519PrivateKey.generate().sign
    outbox = SqliteOutbox(setup.scratch / "outbox.sqlite", 1, CHAIN, sign)
    sighting = Sighting(
        gate=1,
        outcome=Outcome.IDENTIFIED,
        time=CaptureTime(datetime.now(UTC), 0, "bench"),
        employee=1,
        template_model="bench",
        similarity=0.97,
        margin=0.05,
        evidence={"frames": 3},
    )
    for _ in range(WARM_UP):
        outbox.commit(sighting)
    taken_ms = []
    for number in range(COMMITS):
        say_progress("outbox", number, COMMITS)
        started = time.perf_counter()
        outbox.commit(sighting)
        taken_ms.append((time.perf_counter() - started) * 1e3)
    say_progress("outbox", COMMITS, COMMITS)
    outbox.close()
    low, middle, high = (round(float(ms), 4) for ms in np.percentile(taken_ms, [25, 50, 75]))
    row = {"median_ms": middle, "p25_ms": low, "p75_ms": high, "n": COMMITS}
    return Result(keys={"outbox_commits_per_s": round(1e3 / middle, 1)}, raw={"outbox": row})
