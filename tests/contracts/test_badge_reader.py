"""One contract for a badge reader that is pretended and one that types, here into a pipe."""

from __future__ import annotations

import os
import queue
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from device_bridge.adapters.badge import keyboard
from device_bridge.adapters.badge.keyboard import KeyboardBadgeReader
from device_bridge.errors import OutputFailed, SettingsError
from device_bridge.fakes.badge import FakeBadgeReader
from device_bridge.pipeline.badges import BadgeReads

EVENT = struct.Struct("llHHi")
CODES = {key: code for code, key in keyboard._KEYS.items()}
ENTER, SHIFT = 28, 42


def key(code: int, value: int) -> bytes:
    return EVENT.pack(1, 2, 1, code, value) + EVENT.pack(1, 2, 0, 0, 0)


def typed(text: str, enter: bool = True) -> bytes:
    """As a keyboard sends it, upper case with shift."""
    sent = b""
    for one in text:
        stroke = key(CODES[one.lower()], 1) + key(CODES[one.lower()], 0)
        sent += key(SHIFT, 1) + stroke + key(SHIFT, 0) if one.isupper() else stroke
    return sent + (key(ENTER, 1) + key(ENTER, 0) if enter else b"")


class Typing:
    """A reader on a pipe."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "event0"
        os.mkfifo(self.path)
        # held open for reading and writing: a reader of its own opens and closes it
        self._pipe = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)
        self.reader = KeyboardBadgeReader(self.path, grab=lambda _: None)

    def show(self, number: str) -> None:
        self.send(typed(number))

    def send(self, data: bytes) -> None:
        os.write(self._pipe, data)

    def close(self) -> None:
        os.close(self._pipe)


@pytest.fixture
def typing_reader(tmp_path: Path) -> Iterator[Typing]:
    made = Typing(tmp_path)
    yield made
    made.close()


class Reading:
    """What a reader gives, on a thread."""

    def __init__(self, reader: Any) -> None:
        self.read: queue.Queue[str] = queue.Queue()
        self.stop, self.error = threading.Event(), list[Exception]()
        self.thread = threading.Thread(target=self._run, args=(reader,))
        self.thread.start()

    def _run(self, reader: Any) -> None:
        try:
            for number in reader.numbers(self.stop):
                self.read.put(number)
        except OutputFailed as error:
            self.error.append(error)

    def next(self) -> str:
        return self.read.get(timeout=5)

    def end(self) -> None:
        self.stop.set()
        self.thread.join(5)
        assert not self.thread.is_alive()


@pytest.fixture(params=["fake", "keyboard"])
def both(request: pytest.FixtureRequest) -> tuple[Any, Callable[[str], None]]:
    if request.param == "fake":
        fake = FakeBadgeReader()
        return fake, fake.show
    typing: Typing = request.getfixturevalue("typing_reader")
    return typing.reader, typing.show


def test_numbers_come_as_they_are_shown(both: tuple[Any, Callable[[str], None]]) -> None:
    reader, show = both
    reading = Reading(reader)
    for number in ("0012345678", "F001", "abC-9"):
        show(number)
        assert reading.next() == number
    reading.end()


def test_it_ends_when_told_to(both: tuple[Any, Callable[[str], None]]) -> None:
    Reading(both[0]).end()


def test_a_reader_that_is_unplugged_is_an_error() -> None:
    fake = FakeBadgeReader()
    fake.unplug()
    with pytest.raises(OutputFailed):
        list(fake.numbers(threading.Event()))


def test_a_keyboard_that_is_unplugged_is_an_error_and_tried_again(
    typing_reader: Typing, tmp_path: Path
) -> None:
    typing_reader.path.unlink()
    with pytest.raises(OutputFailed, match="cannot be read"):
        list(typing_reader.reader.numbers(threading.Event()))


@pytest.mark.parametrize(
    "noise",
    [
        typed("1" * 65),
        typed(""),
        EVENT.pack(1, 2, 2, 30, 1) + EVENT.pack(1, 2, 17, 0, 1),
        key(CODES["a"], 2),
        key(999, 1),
    ],
    ids=["too long", "nothing", "no keys", "a key held down", "an unknown key"],
)
def test_what_is_no_number_is_dropped(noise: bytes, typing_reader: Typing) -> None:
    reading = Reading(typing_reader.reader)
    typing_reader.send(noise)
    typing_reader.show("F001")
    assert reading.next() == "F001"
    reading.end()


def test_half_a_number_is_not_part_of_the_next(
    typing_reader: Typing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyboard, "_PAUSE_S", 0.0)
    reading = Reading(typing_reader.reader)
    typing_reader.send(typed("99", enter=False))
    monkeypatch.setattr(keyboard, "_PAUSE_S", 0.2)
    threading.Event().wait(0.3)
    typing_reader.show("F001")
    assert reading.next() == "F001"
    reading.end()


def test_events_that_arrive_in_pieces_are_put_together(typing_reader: Typing) -> None:
    reading = Reading(typing_reader.reader)
    data = typed("F001")
    for start in range(0, len(data), 7):
        typing_reader.send(data[start : start + 7])
    assert reading.next() == "F001"
    reading.end()


@pytest.mark.parametrize("kind", ["absent", "no keyboard"])
def test_a_device_that_cannot_be_read_is_named_at_the_start(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "event0"
    if kind == "no keyboard":
        path.write_bytes(b"")
    with pytest.raises(SettingsError, match="event0"):
        KeyboardBadgeReader(path)


def test_only_known_badges_are_handed_on_and_no_queue_grows() -> None:
    fake = FakeBadgeReader()
    reads = BadgeReads(fake, {"F001": 7, "F002": 8}.get)
    for number in ("F001", "nobody's", *["F002"] * 50):
        fake.show(number)
    thread = threading.Thread(target=reads.run)
    thread.start()
    while not fake._shown.empty():
        threading.Event().wait(0.01)
    reads.stop()
    thread.join(5)
    assert reads.take() == [8] * 8
    assert reads.take() == []
