"""One contract for the outbox in memory and the one on the disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from device_bridge.adapters.seal import Seal
from device_bridge.adapters.sqlite.outbox import SEALED_AWAY, Limits, SqliteOutbox
from device_bridge.domain.event import GENESIS, Outcome, Sighting, hash_of
from device_bridge.domain.room import RoomState
from device_bridge.errors import StorageDamaged, StorageFull
from device_bridge.fakes.outbox import MemoryOutbox
from tests.builders import BOOT, CHAIN, at

Make = Callable[[], Any]


@pytest.fixture
def on_disk(tmp_path: Path) -> Iterator[Make]:
    """Opens the outbox of a device and chain; every one is closed in the end."""
    opened: list[SqliteOutbox] = []

    def make(device: int = 3, chain: str = CHAIN, **options: Any) -> SqliteOutbox:
        path = tmp_path / "outbox.sqlite"
        opened.append(SqliteOutbox(path, device, chain, lambda _: bytes(64), **options))
        return opened[-1]

    yield make
    for outbox in opened:
        outbox.close()


@pytest.fixture(params=["memory", "sqlite"])
def outbox(request: pytest.FixtureRequest, on_disk: Make) -> Any:
    if request.param == "memory":
        return MemoryOutbox(3, CHAIN, lambda _: bytes(64))
    return on_disk()


def commit_many(outbox: Any, count: int) -> None:
    for second in range(count):
        outbox.commit(seen(second))


def seen(second: float) -> Sighting:
    return Sighting(1, Outcome.NO_CANDIDATE, at(second))


def test_a_committed_event_waits(outbox: Any) -> None:
    event = outbox.commit(seen(0))
    assert outbox.pending(10) == [event]


def test_what_was_committed_last_comes_first_whatever_its_clock_says(outbox: Any) -> None:
    first, wrong, last = (outbox.commit(seen(second)) for second in (9, -1_000_000_000, 10))
    assert outbox.pending(2) == [wrong, last]
    outbox.acknowledge([wrong["uuid"], last["uuid"]])
    assert outbox.pending(2) == [first]


def test_parked_events_can_be_tried_again(outbox: Any) -> None:
    one, other = outbox.commit(seen(0)), outbox.commit(seen(1))
    for each in (one, other):
        outbox.park(each["uuid"], "unknown_gate")
    assert outbox.retry([one["uuid"], BOOT]) == 1
    assert outbox.pending(10) == [one]
    assert outbox.retry() == 1
    assert outbox.pending(10) == [one, other]
    assert outbox.retry() == 0


def test_an_acknowledged_event_waits_no_more(outbox: Any) -> None:
    first, second = outbox.commit(seen(0)), outbox.commit(seen(1))
    outbox.acknowledge([first["uuid"]])
    assert outbox.pending(10) == [second]


def test_a_parked_event_waits_no_more(outbox: Any) -> None:
    outbox.park(outbox.commit(seen(0))["uuid"], "unknown_employee")
    assert outbox.pending(10) == []


def test_what_waits_is_counted(outbox: Any) -> None:
    uuids = [outbox.commit(Sighting(1, Outcome.NO_CANDIDATE, at(n)))["uuid"] for n in range(4)]
    outbox.acknowledge(uuids[:1])
    outbox.park(uuids[1], "malformed")
    assert outbox.waiting() == 2


def test_events_are_chained(outbox: Any) -> None:
    events = [outbox.commit(seen(second)) for second in range(3)]
    assert [event["seq"] for event in events] == [1, 2, 3]
    before = [GENESIS, *(hash_of(event) for event in events[:2])]
    assert [event["prev_hash"] for event in events] == before


def test_what_is_committed_survives_the_process(on_disk: Make) -> None:
    event = on_disk().commit(seen(0))
    again = on_disk()
    assert again.pending(10) == [event]
    assert again.commit(seen(1))["prev_hash"] == hash_of(event)


def test_an_event_committed_twice_under_one_uuid_is_written_once(outbox: Any) -> None:
    first = outbox.commit(seen(0), BOOT)
    assert outbox.commit(seen(9), BOOT) == first
    assert outbox.pending(10) == [first]
    assert outbox.commit(seen(2))["seq"] == 2


def test_an_event_is_found_by_its_uuid_though_it_is_delivered(outbox: Any) -> None:
    event = outbox.commit(seen(0))
    outbox.acknowledge([event["uuid"]])
    assert outbox.find(event["uuid"]) == event
    assert outbox.find(BOOT) is None


def test_a_new_pairing_starts_a_new_chain(on_disk: Make) -> None:
    on_disk().commit(seen(0))
    event = on_disk(4, CHAIN[::-1]).commit(seen(1))
    assert (event["seq"], event["prev_hash"]) == (1, GENESIS)


def test_only_the_owner_may_read_it(on_disk: Make, tmp_path: Path) -> None:
    on_disk()
    assert (tmp_path / "outbox.sqlite").stat().st_mode & 0o077 == 0


def test_only_acknowledged_events_are_forgotten(on_disk: Make) -> None:
    outbox = on_disk()
    done, waiting, parked = (outbox.commit(seen(second)) for second in range(3))
    outbox.acknowledge([done["uuid"]])
    outbox.park(parked["uuid"], "unknown_employee")
    assert outbox.forget_acknowledged(at(1000).captured_at) == 1
    assert outbox.pending(10) == [waiting]
    assert outbox.depth().parked == 1


def test_everything_before_the_oldest_waiting_event_is_delivered(on_disk: Make) -> None:
    outbox = on_disk()
    now = at(60).captured_at
    assert outbox.delivered_through(now) == now
    event = outbox.commit(seen(5))
    assert outbox.delivered_through(now) == at(5).captured_at
    outbox.acknowledge([event["uuid"]])
    assert outbox.delivered_through(now) == now


def test_a_full_disk_is_an_error_to_try_again(on_disk: Make) -> None:
    outbox = on_disk()
    outbox.commit(seen(0))
    pages = outbox._database._db.execute("PRAGMA page_count").fetchone()[0]
    outbox._database._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageFull):
        commit_many(outbox, 200)
    outbox._database._db.execute("PRAGMA max_page_count = 100000")
    held = outbox.pending(1000)
    more = outbox.commit(seen(999))
    assert more["prev_hash"] == hash_of(held[-1]), "the chain has no gap"


def test_what_odoo_has_gives_way_before_anybody_is_refused(on_disk: Make) -> None:
    outbox = on_disk(limits=Limits(most_bytes=400_000))
    events: list[Any] = []

    def fill() -> None:
        for second in range(10_000):
            events.append(outbox.commit(seen(second)))

    with pytest.raises(StorageFull):
        fill()
    assert outbox.room().state is not RoomState.OK
    assert outbox.depth().pending == len(events), "nothing undelivered was given up"
    outbox.acknowledge([events[0]["uuid"], events[-1]["uuid"]])
    more = outbox.commit(seen(99_999))
    assert more["seq"] == len(events) + 1
    assert outbox.find(events[0]["uuid"]) is None
    assert outbox.depth().pending == len(events) - 1


def test_the_disk_is_left_its_reserve(on_disk: Make) -> None:
    outbox = on_disk(limits=Limits(reserve_bytes=10**18))
    assert outbox.room().state is RoomState.FULL
    with pytest.raises(StorageFull, match="reserve_mb"):
        outbox.commit(seen(0))


def test_what_an_event_says_is_sealed(on_disk: Make, tmp_path: Path) -> None:
    seal = Seal(bytes(32))
    event = on_disk(seal=seal).commit(Sighting(1, Outcome.IDENTIFIED, at(0), employee=4711))
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert event["salt"].encode() not in held
    assert on_disk(seal=seal).pending(10) == [event]
    assert on_disk().pending(10) == [], "locked: it waits"
    assert on_disk().depth().pending == 1


def test_an_event_whose_key_is_gone_is_parked_and_stops_nobody(on_disk: Make) -> None:
    on_disk(seal=Seal(bytes(32))).commit(seen(0))
    other = on_disk(seal=Seal(bytes(31) + b"1"))
    event = other.commit(seen(1))
    assert other.pending(10) == [event]
    assert [one.reason for one in other.kept("parked", 10)] == [SEALED_AWAY]
    assert other.since(at(-1).captured_at) == [event]


def test_a_damaged_file_is_an_error_not_a_new_outbox(on_disk: Make, tmp_path: Path) -> None:
    (tmp_path / "outbox.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StorageDamaged, match="move it aside"):
        on_disk()
