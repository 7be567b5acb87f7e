"""The short form of `make fuzz-api`."""

from __future__ import annotations

from pathlib import Path

from tests.fuzz.api_run import attack
from tools import postgres


def test_hostile_requests_change_nothing_and_tell_nothing(tmp_path: Path) -> None:
    with postgres.acquire(fsync=False) as server:
        report = attack(server, tmp_path, seed=20_261_122, count=500)
    assert report.faults == []
    assert report.good
    assert report.requests == 500
    assert {"200", "400", "401", "413"} <= set(report.statuses), "every kind of answer was met"
