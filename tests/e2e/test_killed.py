"""Whatever is killed in the middle of the day, the table is right in the end."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.e2e.conftest import World
from tools.demo.site import Site
from tools.demo.story import SCENES


@contextmanager
def running(world: World) -> Iterator[subprocess.Popen[str]]:
    """A bridge whose output is read, so that it never waits for a reader."""
    with world.site.start_bridge(world.recording) as bridge:
        assert bridge.stdout is not None
        reader = threading.Thread(target=bridge.stdout.read)
        reader.start()
        try:
            yield bridge
        finally:
            bridge.kill()
            reader.join()


def wait(what: str, until: Callable[[], bool], timeout_s: float = 120.0) -> None:
    ends_s = time.monotonic() + timeout_s
    while not until():
        assert time.monotonic() < ends_s, f"{what} did not happen within {timeout_s:.0f} s"
        time.sleep(0.05)


def go_on(site: Site, when: str, encounters: int) -> None:
    before = site.encounters()
    wait(f"encounters {when}", lambda: site.encounters() >= before + encounters)


def test_the_day_comes_out_right_though_everything_is_killed_once(world: World) -> None:
    site = world.site
    with running(world) as bridge:
        go_on(site, "at the start", 3)
        bridge.terminate()
        assert bridge.wait(20) == 0, "SIGTERM is a clean end"
    with running(world) as bridge:
        go_on(site, "after a clean end", 3)
        bridge.kill()
    with running(world) as bridge:
        go_on(site, "after the bridge's restart", 4)
        site.web.kill()
        go_on(site, "without Odoo", 2)
        site.web.start()
        site.web.wait_ready()
        go_on(site, "after Odoo's restart", 2)
        world.server.kill()
        go_on(site, "without PostgreSQL", 2)
        world.server.start()
        assert bridge.wait(180) == 0
    with running(world) as bridge:  # if Odoo came back too late, something is left for this start
        assert bridge.wait(120) == 0
    verdict = site.judge(world.day)
    assert verdict.figures["events_lost"] == 0
    assert verdict.figures["events_doubled"] == 0
    # only the repeat, which is no event, may have gone unnoticed while the bridge was dead
    assert [fault for fault in verdict.faults if not fault.startswith("repeat")] == []
    assert len(site.attendance()) == sum(
        scene.outcome == "in" for scene in SCENES for _ in scene.actors
    )
