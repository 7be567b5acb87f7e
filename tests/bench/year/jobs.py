"""What runs by itself, in Odoo's shell on the year: audit, retention, and every other cron."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from tools import paths
from tools.odoo_database import OdooDatabases
from tools.odoo_server import OdooServer

ROUNDS = 5
_SCRIPT = """
import sys
sys.path.insert(0, {clone!r})
from tests.bench.year import jobs
jobs.run(env)
"""


def measure(web: OdooServer) -> dict[str, Any]:
    """Rows as of reads.row, for each job."""
    from tests.bench.year.reads import row

    said = OdooDatabases(web.odoo).run(
        web.database,
        ["--max-cron-threads=0"],
        what="Running every job on the year",
        addons_path=[paths.CLONE],
        log="year-jobs",
        script=_SCRIPT.format(clone=str(paths.CLONE)),
    )
    [told] = [line for line in said.splitlines() if line.startswith("JOBS ")]
    found: list[dict[str, Any]] = json.loads(told.removeprefix("JOBS "))
    return {
        one["name"]: row(one["took_ms"], one["per"], one["scanned"], hot=one["hot"])
        for one in found
    }


def run(env: Any) -> None:
    """In the shell: prints a line `JOBS [{…}]` of JSON."""
    found = [_timed(env, "audit of a chain", "1,000 events", lambda: _audit(env), 1)]
    horizon = _oldest_month(env)
    found.append(_timed(env, "retention", "1,000 events", lambda: _retention(env, horizon), ROUNDS))
    crons = env["ir.cron"].search([("cron_name", "like", "Face Attendance:")], order="id")
    # of the devices only the first has signed what it saw; its audit is above
    for cron in crons.filtered(lambda one: "_cron_audit" not in one.code):
        name = cron.cron_name.removeprefix("Face Attendance: ")
        found.append(_timed(env, f"job: {name}", "run", lambda c=cron: _cron(env, c), 1))
    print("JOBS " + json.dumps(found))  # noqa: T201


def _timed(env: Any, name: str, per: str, work: Callable[[], float], times: int) -> dict[str, Any]:
    """`work` returns by how much to divide its time."""
    before, took_ms = _scanned(env), []
    for _ in range(times):
        started = time.perf_counter()
        divide = work()
        took_ms.append((time.perf_counter() - started) * 1e3 / divide)
    scanned = _scanned(env) - before
    one = {"name": name, "per": per, "took_ms": took_ms, "scanned": scanned, "hot": True}
    print(one, flush=True)  # noqa: T201
    return one


def _audit(env: Any) -> float:
    device = env["hr.face.device"].search([("head_seq", ">", 0)], limit=1)
    faults = env["hr.face.audit"]._audit(device)
    if faults:
        raise SystemExit(f"The chain does not hold: {faults.mapped('explanation')}")
    return int(device.last_seq) / 1000


def _oldest_month(env: Any) -> Any:
    env.cr.execute("SELECT min(captured_at) + interval '30 days' FROM hr_face_event")
    return env.cr.fetchone()[0]


def _retention(env: Any, horizon: Any) -> float:
    log = env["hr.face.event"]
    events = log._to_expire(env.company, horizon)
    events._redact("No longer kept")
    env.cr.commit()
    return len(events) / 1000


def _cron(env: Any, cron: Any) -> float:
    cron.method_direct_trigger()
    return 1.0


def _scanned(env: Any) -> int:
    env.cr.execute("SELECT pg_stat_force_next_flush()")
    env.cr.commit()
    env.cr.execute("SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'hr_face_event'")
    return int(env.cr.fetchone()[0])
