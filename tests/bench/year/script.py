"""What Odoo's shell runs: the whole of it, with the time that each part takes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from tests.bench.year import copied, firm, made, proved, signed
from tests.bench.year.shape import Shape


def build(env: Any, shape: Shape, spot_checks: int) -> None:
    """Make the year, prove it, commit. Prints a line `YEAR {…}` of JSON."""
    told: dict[str, Any] = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        result = work()
        told[f"{name}_s"] = round(time.perf_counter() - started, 1)
        print(f"{name}: {told[f'{name}_s']} s", flush=True)  # noqa: T201
        return result

    company = timed("founded", lambda: firm.found(env, shape))
    timed("derived", lambda: made.live(env, shape, company))
    made.oddities(env, shape, company)
    timed("copied", lambda: copied.copy(env, shape, company))
    told["signed"] = timed("signing", lambda: signed.sign(env, company))
    env.cr.commit()
    told["compared"] = timed("proved", lambda: proved.prove(env, shape, company, spot_checks))
    told["rows"] = {table.name: _count(env, table.name) for table in copied.TABLES}
    print("YEAR " + json.dumps(told))  # noqa: T201


def _count(env: Any, table: str) -> int:
    env.cr.execute(f"SELECT count(*) FROM {table}")
    return int(env.cr.fetchone()[0])
