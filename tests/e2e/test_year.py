"""The year that `make bench-cockpit` measures, in small: what is copied is what is derived."""

from __future__ import annotations

from tests.bench.year import database
from tools import postgres
from tools.odoo_database import OdooDatabases
from tools.odoo_server import Odoo

NAME = "year"
EVENTS = 1300


def test_a_copied_year_is_what_the_addon_derives() -> None:
    with postgres.acquire(fsync=False) as server:
        databases = OdooDatabases(Odoo(server))
        told = database.make_small(databases, NAME, spot_checks=7)
        databases.drop(NAME)
    assert told["rows"]["hr_face_event"] == EVENTS
    assert all(told["compared"][what] > 0 for what in ("events", "attendance", "days"))
