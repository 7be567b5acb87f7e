"""Punches of a terminal become events: each once, at the right time, for the right person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_bridge.domain.event import parse_utc
from device_bridge.domain.punch_clock import Punch, TerminalPlan, TerminalUser, dated, uuid_of
from device_bridge.errors import CredentialsRefused, ServerUnreachable, StorageFull
from device_bridge.fakes.clock import FakeClock
from device_bridge.fakes.outbox import MemoryOutbox
from device_bridge.fakes.server import FakeServer
from device_bridge.fakes.terminal import FakeTerminal, MemoryMarks
from device_bridge.pipeline.collect import MOST_UNKNOWN, Collector
from device_bridge.pipeline.server_time import ServerTime
from tests.builders import CHAIN, START

BRUSSELS = ZoneInfo("Europe/Brussels")
NOW = START.astimezone(BRUSSELS).replace(tzinfo=None)


def punch(user: str, text: str, key: int = 0) -> Punch:
    return Punch(user, datetime.fromisoformat(text), key, 1)


class Site:
    """A terminal, what reads it, and where it goes."""

    def __init__(self, **plan: Any) -> None:
        self.plan: TerminalPlan | None = TerminalPlan(
            **{"id": 5, "gate": 1, "timezone": BRUSSELS, "employees": {"17": 7, "18": 8}, **plan}
        )
        self.terminal = FakeTerminal(NOW, "A1", TerminalUser("99", "Noor Castellan"))
        self.outbox = MemoryOutbox(3, CHAIN, lambda _: bytes(64))
        self.marks, self.clock, self.server_time = MemoryMarks(), FakeClock(), ServerTime()
        self.server = FakeServer({})
        self.server_time.measured(self.clock.monotonic_s(), START, self.clock.monotonic_s())
        self.woken = 0
        self.collector = self.restarted()

    def restarted(self) -> Collector:
        self.collector = Collector(
            5,
            plan=lambda: self.plan,
            punch_clock=self.terminal,
            outbox=self.outbox,
            marks=self.marks,
            server=self.server,
            clock=self.clock,
            server_time=self.server_time,
            every_s=60,
            on_commit=self._wake,
        )
        return self.collector

    def _wake(self) -> None:
        self.woken += 1

    def punches(self, *lines: Punch) -> None:
        self.terminal.punches += lines

    def events(self) -> list[tuple[int, str]]:
        return [(one["employee"], one["captured_at"][11:19]) for one in self.outbox.pending(10**6)]


def test_a_punch_becomes_a_signed_event_of_the_gate() -> None:
    site = Site()
    site.punches(punch("17", "2026-11-20T07:58:00"))
    site.collector.step()
    (event,) = site.outbox.pending(10)
    assert (event["source"], event["gate"], event["employee"]) == ("terminal", 1, 7)
    assert event["captured_at"] == "2026-11-20T06:58:00.000Z"
    assert event["evidence"] == {"terminal": 5, "user": "17", "key": 0, "verified": 1}
    assert (event["direction_hint"], event["similarity"], event["pad"]) == (None, None, None)
    assert site.woken == 1


def test_only_what_is_new_is_noted_also_after_a_restart() -> None:
    site = Site()
    site.punches(punch("17", "2026-11-20T07:58:00"))
    site.collector.step()
    site.punches(punch("18", "2026-11-20T07:59:00"))
    site.restarted().step()
    site.restarted().step()
    assert site.events() == [(7, "06:58:00"), (8, "06:59:00")]


def test_a_lost_mark_doubles_nothing() -> None:
    site = Site()
    site.punches(punch("17", "2026-11-20T07:58:00"))
    site.collector.step()
    site.marks = MemoryMarks()
    site.restarted().step()
    assert len(site.events()) == 1


def test_a_log_that_was_cleared_is_read_from_its_beginning() -> None:
    site = Site()
    site.punches(*(punch("17", f"2026-11-20T07:5{n}:00") for n in range(5)))
    site.collector.step()
    site.terminal.punches.clear()
    site.punches(punch("18", "2026-11-20T08:10:00"))
    site.collector.step()
    assert len(site.events()) == 6
    site.punches(punch("18", "2026-11-20T08:11:00"))
    site.collector.step()
    assert len(site.events()) == 7


def test_a_terminal_whose_clock_is_set_back_loses_no_punch() -> None:
    site = Site()
    site.punches(punch("17", "2026-11-20T17:00:00"))
    site.collector.step()
    site.punches(punch("17", "2026-11-20T08:00:00"))
    site.collector.step()
    assert len(site.events()) == 2


def test_somebody_unknown_waits_and_is_told_with_their_name() -> None:
    site = Site()
    site.punches(punch("99", "2026-11-20T07:58:00"), punch("99", "2026-11-20T17:00:00"))
    site.collector.step()
    assert site.events() == []
    unknown = {"user": "99", "name": "Noor Castellan", "punches": 2}
    assert site.server.terminals_seen[-1]["unknown"] == [unknown]


def test_once_odoo_knows_them_all_their_punches_are_noted_once() -> None:
    site = Site()
    site.punches(punch("99", "2026-11-20T07:58:00"), punch("17", "2026-11-20T07:59:00"))
    site.collector.step()
    site.punches(punch("99", "2026-11-20T17:00:00"))
    site.plan = TerminalPlan(5, 1, BRUSSELS, employees={"17": 7, "99": 9})
    site.restarted().step()
    site.collector.step()
    assert sorted(site.events()) == [(7, "06:59:00"), (9, "06:58:00"), (9, "16:00:00")]
    assert site.server.terminals_seen[-1]["unknown"] == []


def test_what_was_before_the_change_over_is_left_alone() -> None:
    site = Site(since=datetime(2026, 11, 20, tzinfo=UTC))
    site.punches(punch("17", "2026-11-19T17:00:00"), punch("99", "2026-11-19T17:00:00"))
    site.punches(punch("17", "2026-11-20T07:58:00"))
    site.collector.step()
    assert site.events() == [(7, "06:58:00")]
    assert site.server.terminals_seen[-1]["unknown"] == []


@pytest.mark.parametrize(
    ("pressed", "key", "hint"),
    [(True, 0, "in"), (True, 1, "out"), (True, 9, None), (False, 1, None)],
)
def test_the_key_says_the_direction_only_where_it_is_used(
    pressed: bool, key: int, hint: str | None
) -> None:
    site = Site(pressed=pressed)
    site.punches(punch("17", "2026-11-20T07:58:00", key))
    site.collector.step()
    assert site.outbox.pending(1)[0]["direction_hint"] == hint


@pytest.mark.parametrize("ahead_s", [0, -3600, 600])
def test_the_offset_of_the_terminals_clock_travels_with_each_punch(ahead_s: int) -> None:
    site = Site()
    site.terminal.local = NOW + timedelta(seconds=ahead_s)
    site.punches(punch("17", "2026-11-20T07:58:00"))
    site.collector.step()
    (event,) = site.outbox.pending(10)
    assert abs(event["clock_offset_ms"] + ahead_s * 1000) <= 510
    assert event["clock_uncertainty_ms"] >= 500
    assert site.server.terminals_seen[-1]["clock_offset_ms"] == event["clock_offset_ms"]


def test_a_terminal_that_is_away_is_told_and_read_when_it_is_back() -> None:
    site = Site()
    site.punches(punch("17", "2026-11-20T07:58:00"))
    site.terminal.down = True
    site.collector.step()
    assert site.collector.read_at() is None
    assert site.server.terminals_seen[-1]["problem"]
    site.terminal.down = False
    site.collector.step()
    assert (len(site.events()), site.collector.read_at()) == (1, START)
    assert site.server.terminals_seen[-1]["problem"] is None


def test_a_line_that_breaks_in_the_middle_costs_nothing() -> None:
    site = Site()
    site.punches(*(punch("17", f"2026-11-20T07:5{n}:00") for n in range(5)))
    site.terminal.breaks_after = 3
    site.collector.step()
    assert site.collector.read_at() is None
    site.terminal.breaks_after = None
    site.collector.step()
    assert len(site.events()) == 5


def test_a_full_disk_stops_the_reading_where_it_was() -> None:
    site = Site()
    site.punches(punch("17", "2026-11-20T07:58:00"))
    site.outbox.full = True
    with pytest.raises(StorageFull):
        site.collector.step()
    site.outbox.full = False
    site.collector.step()
    assert len(site.events()) == 1


@pytest.mark.parametrize(
    "why",
    [ServerUnreachable("no route"), CredentialsRefused("token_expired", "This token expired.")],
    ids=["away", "token ran out"],
)
def test_without_odoo_punches_are_noted_all_the_same(why: Exception) -> None:
    site = Site()
    site.server.down = why
    site.punches(punch("17", "2026-11-20T07:58:00"))
    site.collector.step()
    assert len(site.events()) == 1


def test_a_terminal_that_odoo_does_not_know_is_left_alone() -> None:
    site = Site()
    site.plan = None
    site.terminal.down = True
    site.collector.step()
    assert (site.events(), site.server.terminals_seen) == ([], [])


def test_of_thousands_of_unknown_people_those_with_most_punches_are_told() -> None:
    site = Site(employees={})
    site.punches(*(punch(str(n), "2026-11-20T07:58:00") for n in range(MOST_UNKNOWN * 2)))
    site.punches(punch("399", "2026-11-20T08:00:00"))
    site.collector.step()
    told = site.server.terminals_seen[-1]["unknown"]
    assert (len(told), told[0]["user"], told[0]["punches"]) == (MOST_UNKNOWN, "399", 2)


@pytest.mark.parametrize(
    ("locals_", "expected"),
    [
        (["2026-10-25T01:59:00", "2026-10-25T02:10:00"], ["23:59", "00:10"]),
        (["2026-10-25T02:50:00", "2026-10-25T02:10:00"], ["00:50", "01:10"]),
        (["2026-10-25T02:50:00", "2026-10-25T02:10:00", "2026-10-25T02:20:00"],
         ["00:50", "01:10", "01:20"]),
        (["2026-10-25T02:50:00", "2026-10-25T02:49:00"], ["00:50", "00:49"]),
        (["2026-10-25T02:50:00", "2026-10-25T02:10:00", "2026-10-25T03:00:00"],
         ["00:50", "01:10", "02:00"]),
        (["2026-03-29T01:59:00", "2026-03-29T03:01:00"], ["00:59", "01:01"]),
    ],
    ids=[
        "summer time still", "time went back: winter time", "… and stays so",
        "a clock set by a minute is no change of hour", "after it there is one hour only",
        "spring has one hour less",
    ],
)  # fmt: skip
def test_the_hour_that_comes_twice(locals_: list[str], expected: list[str]) -> None:
    found = dated([punch("17", one) for one in locals_], BRUSSELS)
    assert [f"{at:%H:%M}" for _, at in found] == expected


@given(
    st.lists(st.sampled_from(["17", "18", "99"]), max_size=30),
    st.lists(st.integers(0, 30), max_size=4),
)
def test_however_a_log_is_read_each_punch_is_one_event(users: list[str], stops: list[int]) -> None:
    """Read in pieces, with everybody known only in the end."""
    site = Site(employees={"17": 7})
    lines = [Punch(user, NOW + timedelta(minutes=n)) for n, user in enumerate(users)]
    for stop in sorted(stops):
        site.terminal.punches = lines[:stop]
        site.restarted().step()
    site.terminal.punches = lines
    site.plan = TerminalPlan(5, 1, BRUSSELS, employees={"17": 7, "18": 8, "99": 9})
    site.collector.step()
    uuids = {event["uuid"] for event in site.outbox.pending(1000)}
    assert uuids == {uuid_of("A1", line) for line in lines}
    assert all(parse_utc(event["captured_at"]) for event in site.outbox.pending(1000))
