"""An import's throughput over that of the engine alone on the same photos, decoding included.

From the start of the job in Odoo to its end, with everything that it writes; the engine is one
thread that decodes, detects, judges, aligns and embeds. The service uses one thread, too.
BENCH_BULK_PHOTOS=1000 is the long form.
"""

from __future__ import annotations

import os

from device_bridge.adapters.face_deepface.registry import Registry
from tests import crowd
from tests.bench.measure import Result, Setup
from tests.bulk.run import engine_alone, site, undisturbed
from tools import postgres

PHOTOS = int(os.environ.get("BENCH_BULK_PHOTOS", "400"))


def measure(setup: Setup) -> Result:
    registry = Registry(setup.weights)
    with (
        postgres.acquire(fsync=False) as server,
        crowd.odoo_with(server, "bench_bulk", setup.scratch, workers=2) as web,
    ):
        place, batch = site(web, setup.scratch, registry, PHOTOS, PHOTOS // 20)
        photos = list(batch.files.values())
        engine_alone(registry, photos[:20])  # warm
        engine_s = engine_alone(registry, photos)
        with place.service():
            took_s = undisturbed(place, batch)
    raw = {"photos": PHOTOS, "engine_s": round(engine_s, 2), "import_s": round(took_s, 2)}
    return Result({"bulk_over_engine": round(engine_s / took_s, 2)}, {"bulk": raw})
