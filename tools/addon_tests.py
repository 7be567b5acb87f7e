"""The addon's Odoo tests on a real server and database, browser tests included."""

from __future__ import annotations

from pathlib import Path

from tools import paths, postgres, results, say
from tools.odoo_database import ADDON, OdooDatabases, OdooTestRun
from tools.odoo_server import Odoo
from tools.stages import result

DATABASE = "addon_tests"


def main() -> int:
    with postgres.acquire(fsync=False) as server:
        databases = OdooDatabases(Odoo(server))
        databases.create(DATABASE)
        done = databases.run_tests(DATABASE, tags=f"/{ADDON}")
        databases.drop(DATABASE)
    say.note(f"  {done.tests} Odoo tests, {done.failures} failed, {done.errors} with errors")
    for line in done.error_lines:
        say.note(f"  {line}")
    results.write(Path(result("addon")), _outcomes(done))
    if not done.good:
        say.note(f"  The whole output is in {paths.LOGS / 'odoo-tests.log'}")
    return 0 if done.good else 1


def _outcomes(done: OdooTestRun) -> dict[str, str]:
    """One case per test that Odoo counted; the log tells which ones failed."""
    bad = done.tests - done.passed
    outcomes = {f"passed {number}": "" for number in range(done.passed)}
    outcomes |= {f"failed {number}": "see the log" for number in range(bad)}
    if done.error_lines and not bad:
        outcomes["no error in the log"] = done.error_lines[0]
    return outcomes


if __name__ == "__main__":
    say.run_main(main, "addon tests")
