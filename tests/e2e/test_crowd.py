"""Sixteen devices at once, the same people, duplicates and retries: as if one after another."""

from __future__ import annotations

import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from device_bridge.errors import ServerUnreachable
from tests import crowd
from tools import postgres

DEVICES, PEOPLE = 16, 50
DAYS = int(os.environ.get("CROWD_DAYS", "1"))
"""CROWD_DAYS=30 is the long form."""
HOURS = (7, 11, 12, 16)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder: Path = tmp_path_factory.mktemp("crowd")
    with (
        postgres.acquire(fsync=False) as server,
        crowd.odoo_with(server, "e2e_crowd", folder, workers=2) as web,
    ):
        api = crowd.log_in(web)
        crowded, serial = (crowd.people(api, PEOPLE, name) for name in ("Crowd", "Serial"))
        yield web, api, crowded, serial


def sightings(people: list[int]) -> list[tuple[int, Any]]:
    """What is seen: every passage by several cameras, a few seconds apart."""
    chance = random.Random(5)
    seen = []
    for day in range(DAYS):
        for number, one in enumerate(people):
            for hour in HOURS:
                for second in chance.sample(range(50), 2):
                    seen.append((one, crowd.at(day, hour, number % 60, second)))
    return seen


def batches(devices: list[crowd.Device], people: list[int]) -> list[list[list[dict[str, Any]]]]:
    """Per device: its events in batches that overlap, each sent again now and then."""
    chance = random.Random(6)
    per_device: list[list[dict[str, Any]]] = [[] for _ in devices]
    for number, (one, at) in enumerate(sightings(people)):
        per_device[number % len(devices)].append(devices[number % len(devices)].see(one, at))
    found = []
    for events in per_device:
        chance.shuffle(events)
        own = [events[start : start + 8] for start in range(0, len(events), 5)]
        own += chance.sample(own, max(1, len(own) // 4))
        chance.shuffle(own)
        found.append(own)
    return found


def send(device: crowd.Device, events: list[dict[str, Any]], backlog: int) -> list[dict[str, Any]]:
    """As a bridge does: what was not answered for is sent again."""
    for _ in range(100):
        try:
            return device.send(events, backlog)
        except ServerUnreachable as error:
            if not error.retry_after_s:
                raise
            threading.Event().wait(error.retry_after_s)
    raise AssertionError("the server never answered")


@pytest.mark.parametrize("catching_up", [False, True], ids=["live", "catching up"])
def test_a_crowd_at_many_doors_equals_the_serial_derivation(place: Any, catching_up: bool) -> None:
    web, api, crowded, serial = place
    if catching_up:
        crowded, serial = (crowd.people(api, PEOPLE, f"{name}Late") for name in ("Crowd", "Serial"))
    devices = crowd.devices(api, web, DEVICES)
    results: list[dict[str, Any]] = []
    wrong: list[Exception] = []
    barrier = threading.Barrier(DEVICES)

    def run(device: crowd.Device, own: list[list[dict[str, Any]]]) -> None:
        barrier.wait()
        try:
            for number, events in enumerate(own):
                left = len(own) - number - 1 if catching_up else 0
                results.extend(send(device, events, left))
        except Exception as error:  # noqa: BLE001 - reported below
            wrong.append(error)

    work = list(zip(devices, batches(devices, crowded), strict=True))
    threads = [threading.Thread(target=run, args=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    crowd.wait_derived(web)
    # one device, in order, each event once
    [one] = crowd.devices(api, web, 1)
    in_order = sorted(sightings(serial), key=lambda seen: seen[1])
    events = [one.see(*seen) for seen in in_order]
    for start in range(0, len(events), 100):
        one.send(events[start : start + 100])
    crowd.wait_derived(web)

    statuses = Counter(result["status"] for result in results)
    assert statuses["accepted"] == len(in_order), "none lost, none doubled"
    assert set(statuses) == {"accepted", "duplicate"}
    assert crowd.count_events(web, crowded) == len(in_order)
    table, expected = crowd.table(api, crowded), crowd.table(api, serial)
    assert [row[1:] for row in table] == [row[1:] for row in expected]
    assert len(table) == PEOPLE * DAYS * len(HOURS) // 2
    log = Path(web.log_file).read_text()
    assert '/v1/events HTTP/1.1" 500' not in log
