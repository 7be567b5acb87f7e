"""One contract for the larder in memory and the sealed one on the disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from device_bridge.adapters.seal import Seal
from device_bridge.adapters.sqlite.larder import SqliteLarder
from device_bridge.domain.lease import Lease
from device_bridge.fakes.larder import MemoryLarder
from tests.builders import START

ANN, BEN = ({"employee": number, "display_name": f"Person {number}"} for number in (1, 2))
Make = Callable[..., SqliteLarder]


@pytest.fixture
def on_disk(tmp_path: Path) -> Iterator[Make]:
    opened: list[SqliteLarder] = []

    def make(key: bytes = bytes(32)) -> SqliteLarder:
        opened.append(SqliteLarder(tmp_path / "gallery.sqlite", Seal(key)))
        return opened[-1]

    yield make
    for larder in opened:
        larder.close()


@pytest.fixture(params=["memory", "sqlite"])
def larder(request: pytest.FixtureRequest, on_disk: Make) -> Any:
    return MemoryLarder() if request.param == "memory" else on_disk()


def test_pages_follow_each_other(larder: Any) -> None:
    larder.adopt([ANN, BEN], [], "c1")
    larder.adopt([{**ANN, "display_name": "Ann"}], [2], "c2")
    assert larder.people() == [{**ANN, "display_name": "Ann"}]
    assert larder.note("cursor") == "c2"
    larder.adopt([BEN], [], "c3", reset=True)
    assert larder.people() == [BEN]


def test_notes_and_the_lease_are_kept(larder: Any) -> None:
    assert larder.note("config") is None
    assert larder.lease() is None
    larder.put(config={"etag": "a"})
    larder.keep_lease(Lease(START, 17.5))
    assert larder.note("config") == {"etag": "a"}
    assert larder.lease() == Lease(START, 17.5)


def test_nothing_is_left_after_clearing(larder: Any) -> None:
    larder.adopt([ANN], [], "c1")
    larder.put(config={})
    larder.keep_lease(Lease(START))
    larder.clear()
    assert (larder.people(), larder.note("config"), larder.lease()) == ([], None, None)


def test_what_is_kept_is_there_for_the_next_process(on_disk: Make) -> None:
    on_disk().adopt([ANN], [], "c1")
    assert on_disk().people() == [ANN]


def test_nobody_reads_names_or_templates_on_the_disk(on_disk: Make, tmp_path: Path) -> None:
    larder = on_disk()
    larder.adopt([ANN], [], "secret-cursor")
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"Person 1" not in held
    assert b"secret-cursor" not in held
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.glob("*.sqlite"))


def test_another_key_finds_nothing_and_nothing_of_it_stays(on_disk: Make) -> None:
    on_disk().adopt([ANN], [], "c1")
    other = on_disk(b"k" * 32)
    assert (other.note("cursor"), other.people()) == (None, [])
    assert on_disk().people() == [], "thrown away: the server has it all"


def test_a_row_moved_to_another_person_is_not_opened(on_disk: Make) -> None:
    larder = on_disk()
    larder.adopt([ANN], [], "c1")
    with larder._database.writing() as db:
        db.execute("UPDATE person SET employee = 2")
    assert larder.people() == []


def test_a_damaged_file_is_begun_anew(on_disk: Make, tmp_path: Path) -> None:
    (tmp_path / "gallery.sqlite").write_bytes(b"not a database at all" * 100)
    assert on_disk().people() == []


def test_erased_templates_are_overwritten(on_disk: Make, tmp_path: Path) -> None:
    larder = on_disk()
    larder.adopt([ANN], [], "c1")
    with larder._database.reading() as db:
        (sealed,) = db.execute("SELECT sealed FROM person").fetchone()
    larder.clear()
    assert all(sealed not in path.read_bytes() for path in tmp_path.iterdir())
