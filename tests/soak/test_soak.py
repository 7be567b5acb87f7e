"""The short form of `make soak`: fewer people in the same day."""

from __future__ import annotations

from pathlib import Path

from tests.soak.run import soak


def test_a_day_leaves_nothing_behind(tmp_path: Path) -> None:
    report = soak(24.0, 250, tmp_path)
    assert report.events == report.delivered >= 240
    assert report.threads[0] == report.threads[1]
    assert report.handles[0] == report.handles[1]
    assert report.flat, report.rss_mb
