"""`make core-tests`: Odoo's own tests with and without the addon; it may add no failure."""

from __future__ import annotations

import time

from tools import postgres, say
from tools.odoo_database import ADDON, OdooDatabases, OdooTestRun
from tools.odoo_server import Odoo

MODULES = ("resource", "hr", "hr_attendance", "hr_holidays_attendance")
BARE, WITH_ADDON = "core_bare", "core_with_addon"


def main() -> int:
    with postgres.acquire(fsync=False) as server:
        databases = OdooDatabases(Odoo(server))
        databases.create(BARE)
        databases.install_addon(BARE, "hr_holidays_attendance")
        databases.create(WITH_ADDON, template=BARE)
        databases.install_addon(WITH_ADDON, ADDON)
        runs = {name: _run(databases, name) for name in (BARE, WITH_ADDON)}
    added = sorted(runs[WITH_ADDON].bad - runs[BARE].bad)
    for name in added:
        say.note(f"  ✗ {name} fails only with the addon")
    if runs[WITH_ADDON].tests < runs[BARE].tests or not runs[BARE].tests:
        say.note("  ✗ not every test ran")
        return 1
    say.note(
        f"{runs[BARE].tests} tests of {', '.join(MODULES)}: {len(runs[BARE].bad)} fail on the bare "
        f"server, {len(added)} more with the addon."
    )
    return 1 if added else 0


def _run(databases: OdooDatabases, name: str) -> OdooTestRun:
    started_s = time.monotonic()
    done = databases.run_core_tests(name, MODULES, log=name)
    databases.drop(name)
    say.note(
        f"  {name}: {done.tests} tests, {done.failures} failed, {done.errors} with errors, "
        f"{time.monotonic() - started_s:.0f} s"
    )
    return done


if __name__ == "__main__":
    say.run_main(main, "core tests")
