"""One contract for a terminal in memory and a SOAP service on a real socket."""

from __future__ import annotations

import itertools
import resource
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from device_bridge.adapters.terminal import soap
from device_bridge.adapters.terminal.marks import FileMarks
from device_bridge.adapters.terminal.soap import SoapTerminal
from device_bridge.domain.punch_clock import Mark, Punch, TerminalUser
from device_bridge.errors import SettingsError, StorageFull, TerminalUnreachable
from device_bridge.fakes.terminal import FakeTerminal, MemoryMarks
from tests.builders import START
from tests.peers.camera import free_port
from tests.peers.soap_terminal import KEY, SoapTerminalPeer, soap_terminal

LOCAL = datetime(2026, 11, 20, 8, 0)  # noqa: DTZ001 (wall time)
LOG = [
    Punch("17", datetime(2026, 11, 20, 7, 58), 0, 1),  # noqa: DTZ001
    Punch("18", datetime(2026, 11, 20, 7, 59, 30), 1, 1),  # noqa: DTZ001
]
PEOPLE = [TerminalUser("17", "Mára Lindqvist"), TerminalUser("18", "")]


@pytest.fixture
def peer() -> Iterator[SoapTerminalPeer]:
    with soap_terminal() as one:
        one.people = [(one_.user, one_.name) for one_ in PEOPLE]
        one.log = [(punch.user, str(punch.local), punch.key) for punch in LOG]
        yield one


@pytest.fixture
def over_soap(peer: SoapTerminalPeer) -> Iterator[SoapTerminal]:
    terminal = SoapTerminal(peer.address, KEY)
    yield terminal
    terminal.close()


@pytest.fixture(params=["fake", "soap"])
def terminal(request: pytest.FixtureRequest) -> Any:
    if request.param == "soap":
        return request.getfixturevalue("over_soap")
    fake = FakeTerminal(LOCAL, "A1B2C3", *PEOPLE)
    fake.punches = list(LOG)
    return fake


def test_it_says_who_it_is_and_what_time_it_has(terminal: Any) -> None:
    assert (terminal.serial(), terminal.now()) == ("A1B2C3", LOCAL)


def test_its_people_and_its_log(terminal: Any) -> None:
    assert terminal.users() == PEOPLE
    assert list(terminal.log()) == LOG
    assert list(terminal.log()) == LOG


def test_a_log_may_be_left_in_the_middle(terminal: Any) -> None:
    assert list(itertools.islice(terminal.log(), 1)) == LOG[:1]
    assert terminal.now() == LOCAL


def test_a_line_that_breaks_is_an_error_and_the_next_try_works(
    over_soap: SoapTerminal, peer: SoapTerminalPeer
) -> None:
    fake = FakeTerminal(LOCAL)
    fake.punches, fake.breaks_after = list(LOG), 1
    with pytest.raises(TerminalUnreachable):
        list(fake.log())
    whole = peer.log
    peer.log = whole * 1000
    peer.cut_after = 70_000
    with pytest.raises(TerminalUnreachable):
        list(over_soap.log())
    peer.cut_after, peer.log = None, whole
    assert list(over_soap.log()) == LOG


@pytest.mark.parametrize("call", ["now", "users", "serial", "log"])
def test_a_wrong_key_is_an_error_everywhere(call: str, peer: SoapTerminalPeer) -> None:
    terminal = SoapTerminal(peer.address, KEY + 1)
    with pytest.raises(TerminalUnreachable, match="key"):
        list(getattr(terminal, call)())
    terminal.close()


BOMB = b"".join(
    (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">',
        *(f'<!ENTITY {b} "{f"&{a};" * 10}">'.encode() for a, b in itertools.pairwise("abcdefghij")),
        b"]><x><GetAttLogResponse><Row><PIN>&j;</PIN><DateTime>2026-11-20 08:00:00</DateTime>",
        b"</Row></GetAttLogResponse></x>",
    )
)
FILE = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>'
    b"<GetAttLogResponse><Row><PIN>&f;</PIN><DateTime>2026-11-20 08:00:00</DateTime></Row>"
    b"</GetAttLogResponse></x>"
)


def answer(row: bytes) -> bytes:
    return b"<x><GetAttLogResponse><Row>" + row + b"</Row></GetAttLogResponse></x>"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><body>It works!</body></html>",
        b"\x00\xff\xfe not xml",
        BOMB,
        FILE,
        answer(b"<PIN>17</PIN><DateTime>yesterday</DateTime>"),
        answer(b"<PIN>17</PIN><DateTime>2026-13-40 25:00:00</DateTime>"),
        answer(b"<PIN></PIN><DateTime>2026-11-20 08:00:00</DateTime>"),
        answer(b"<DateTime>2026-11-20 08:00:00</DateTime>"),
        b"<x><GetAttLogResponse><Row><PIN>17",
        b"<a>" * 5000,
    ],
    ids=[
        *("empty", "a web page", "no XML", "entities that explode", "a file of ours"),
        *("no time", "an impossible time", "nobody", "no user", "cut off", "deep"),
    ],
)
@pytest.mark.parametrize("call", ["now", "log", "users"])
def test_whatever_answers_there_does_no_harm(
    call: str, content: bytes, over_soap: SoapTerminal, peer: SoapTerminalPeer
) -> None:
    peer.raw = lambda: iter([content])
    with pytest.raises(TerminalUnreachable) as caught:
        list(getattr(over_soap, call)())
    assert "root:" not in str(caught.value)
    peer.raw = None
    assert list(over_soap.log()) == LOG


@pytest.mark.parametrize("status", [301, 401, 404, 500])
def test_a_refusal_is_an_error_and_no_other_address_is_asked(
    status: int, over_soap: SoapTerminal, peer: SoapTerminalPeer
) -> None:
    peer.status = status
    with pytest.raises(TerminalUnreachable):
        list(over_soap.log())
    assert peer.calls == ["GetAttLog"]


def endless() -> Iterator[bytes]:
    yield b"<x><GetAttLogResponse>"
    row = b"<Row><PIN>17</PIN><DateTime>2026-11-20 08:00:00</DateTime></Row>" * 1000
    while True:
        yield row


@pytest.mark.parametrize(("call", "most"), [("log", "_LOG_BYTES"), ("users", "_SMALL_BYTES")])
def test_an_answer_without_end_is_given_up(
    call: str,
    most: str,
    over_soap: SoapTerminal,
    peer: SoapTerminalPeer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(soap, most, 1_000_000)
    peer.raw = endless
    with pytest.raises(TerminalUnreachable):
        for _ in getattr(over_soap, call)():
            pass


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def test_a_large_log_costs_no_memory(over_soap: SoapTerminal, peer: SoapTerminalPeer) -> None:
    """Kept as a tree, these lines take 60 MB."""
    peer.log = [(str(n % 500), f"2026-11-{n % 28 + 1:02d} 08:00:00", 0) for n in range(40_000)]
    list(itertools.islice(over_soap.log(), 10))
    before, most, lines = resident_mb(), 0.0, 0
    for lines, _ in enumerate(over_soap.log(), 1):
        if lines % 5000 == 0:
            most = max(most, resident_mb())
    assert lines == 40_000
    assert most - before < 20


def test_nobody_there_is_an_error() -> None:
    terminal = SoapTerminal(f"http://127.0.0.1:{free_port()}/iWsService", KEY)
    with pytest.raises(TerminalUnreachable, match="does not answer"):
        terminal.now()


@pytest.mark.parametrize("address", ["", "10.0.0.20", "file:///etc/passwd", "ftp://host/x"])
def test_what_is_no_address_is_named_at_the_start(address: str) -> None:
    with pytest.raises(SettingsError):
        SoapTerminal(address)


@pytest.fixture(params=["memory", "file"])
def marks(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return MemoryMarks() if request.param == "memory" else FileMarks(tmp_path / "state")


def test_a_mark_is_kept_for_each_terminal(marks: Any) -> None:
    mark = Mark(2, LOG[-1], {"18": 3}, START)
    assert marks.load(1) == Mark()
    marks.save(1, mark)
    assert (marks.load(1), marks.load(2)) == (mark, Mark())
    marks.save(1, Mark())
    assert marks.load(1) == Mark()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"count": "x"}', b"\xff", b"null"])
def test_a_damaged_mark_is_none(content: bytes, tmp_path: Path) -> None:
    marks = FileMarks(tmp_path)
    marks.save(1, Mark(2, LOG[-1]))
    (tmp_path / "terminal-1.json").write_bytes(content)
    assert marks.load(1) == Mark()


def test_a_mark_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    with pytest.raises(StorageFull):
        FileMarks(tmp_path / "state").save(1, Mark())
