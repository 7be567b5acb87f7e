"""HR's pages, the device API and the nightly jobs before a company's year.

1,000 people at 15 gates, 900,000 events over 365 days and the attendance that follows from them.
Making it takes minutes and is kept for the day, so this case runs by `make bench-cockpit` only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests import crowd
from tests.bench.measure import Result, Setup
from tests.bench.year import database, reads
from tests.bench.year.openings import OPENINGS, Opening, View, browser, save, save_gate, save_person
from tests.bench.year.openings import measure as open_all
from tests.bench.year.shape import OFFICER, PASSWORD
from tools import paths, postgres
from tools.odoo_database import OdooDatabases
from tools.odoo_server import Odoo, OdooServer

NAME = "bench_cockpit"
PERSON = "Y0500"
MONTH = {"search_default_captured": 1}
DAYS_MONTH = {"search_default_date": 1}
VIEWS = (
    View("bench-events-list", "hr.face.event", "list", MONTH),
    View("bench-events-pivot", "hr.face.event", "pivot", MONTH),
    View("bench-days-list", "hr.face.day", "list", DAYS_MONTH),
    View("bench-days-pivot", "hr.face.day", "pivot", DAYS_MONTH),
    View(
        "bench-year-days",
        "hr.face.day",
        "pivot",
        {
            "pivot_row_groupby": ["department_id"],
            "pivot_column_groupby": ["date:month"],
            "pivot_measures": ["__count", "worked_h", "late_min"],
        },
    ),
    View(
        "bench-year-events",
        "hr.face.event",
        "pivot",
        {"pivot_row_groupby": ["department_id"], "pivot_column_groupby": ["captured_at:month"]},
    ),
)
LIST, PIVOT = ".o_data_row", ".o_pivot tbody tr"
PAGES = (
    Opening(
        "gates",
        "gates",
        "face-gates",
        ".o_kanban_record:not(.o_kanban_ghost)",
        None,
    ),
    Opening("live", "live page", "face-live", ".o_face_stream .o_face_row"),
    Opening("day", "day page, today", "face-today", "tr[data-person]"),
    Opening("person", "page of a person, 90 days", "bench-person", ".o_face_square, [data-event]"),
    Opening(
        "gate",
        "page of a gate, today beside usual",
        "bench-gate",
        "ol [data-event], [data-setting], .o_face_bars tr",
    ),
    Opening("dates", "table of dates", "face-attendance", "tr[data-date]"),
    Opening("people", "registered people", "face-people", ".o_kanban_record:not(.o_kanban_ghost)"),
    Opening("events_list", "events of this month, list", "bench-events-list", LIST),
    Opening("events_pivot", "events of this month, gate × outcome", "bench-events-pivot", PIVOT),
    Opening("days_list", "days of this month, list", "bench-days-list", LIST),
    Opening("days_pivot", "days of this month, department × status", "bench-days-pivot", PIVOT),
    Opening("year_days", "days of the year, department × month", "bench-year-days", PIVOT, 3000),
    Opening(
        "year_events", "events of the year, department × month", "bench-year-events", PIVOT, 3000
    ),
)


def measure(setup: Setup) -> Result:
    with postgres.acquire(fsync=False) as server, company(server, setup.scratch) as (web, told):
        opened = pages(web)
        asked = reads.measure(web)
    keys = {f"cockpit_{key}_p95_ms": row["p95_ms"] for key, row in opened.items()}
    return Result(keys | asked.keys, {"cockpit": opened, "year": told} | asked.raw)


@contextmanager
def company(server: postgres.Server, folder: Path) -> Iterator[tuple[OdooServer, dict[str, Any]]]:
    """A server on a copy of the year."""
    odoo = Odoo(server)
    databases = OdooDatabases(odoo)
    name, told = database.template(server, databases)
    databases.create(NAME, template=name)
    folder.mkdir(exist_ok=True)
    try:
        with OdooServer(
            odoo,
            NAME,
            addons_path=(paths.CLONE,),
            log_file=folder / "odoo.log",
            options={"max_cron_threads": 0},
        ) as web:
            yield web, told
    finally:
        databases.drop(NAME)


def pages(web: OdooServer, times: int = OPENINGS, only: tuple[str, ...] = ()) -> dict[str, Any]:
    api = crowd.log_in(web)
    save(api, VIEWS)
    save_person(api, "bench-person", PERSON)
    save_gate(api, "bench-gate")
    wanted = [one for one in PAGES if not only or one.key in only]
    with browser(web.base_url, OFFICER, PASSWORD) as page:
        return open_all(page, web.base_url, wanted, times)
