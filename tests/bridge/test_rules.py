"""The small pure rules: clearance, tracks, backoff, clocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_bridge.domain.capture import Face
from device_bridge.domain.clearance import ClearanceRule, is_cleared
from device_bridge.domain.retry import backoff_s
from device_bridge.domain.track import match_tracks
from device_bridge.fakes.clock import FakeClock
from device_bridge.pipeline.server_time import ServerTime, SiteClock
from tests.builders import START, at, face, person

BRUSSELS = ZoneInfo("Europe/Brussels")
WORKDAYS = frozenset(range(5))


def rule(
    start: str, end: str, weekdays: frozenset[int] = WORKDAYS, **people: frozenset[int]
) -> ClearanceRule:
    named = {
        "departments": frozenset[int](),
        "employees": frozenset[int](),
        "tags": frozenset[int](),
    }
    return ClearanceRule(
        **(named | people),
        weekdays=weekdays,
        from_time=time.fromisoformat(start),
        to_time=time.max if end == "24:00" else time.fromisoformat(end),
    )


@pytest.mark.parametrize(
    ("window", "local", "cleared"),
    [
        (("07:00", "19:00"), "2026-11-20 07:00", True),
        (("07:00", "19:00"), "2026-11-20 06:59", False),
        (("07:00", "19:00"), "2026-11-20 19:00", False),
        (("07:00", "19:00"), "2026-11-21 12:00", False),
        (("22:00", "06:00"), "2026-11-20 23:00", True),
        (("22:00", "06:00"), "2026-11-21 05:59", True),
        (("22:00", "06:00"), "2026-11-22 05:59", False),
        (("22:00", "06:00"), "2026-11-20 12:00", False),
        (("00:00", "24:00"), "2026-11-20 23:59", True),
        (("00:00", "00:00"), "2026-11-20 12:00", True),
    ],
    ids=[
        "opens to the minute",
        "not before",
        "closes to the minute",
        "not on a Saturday",
        "a night window in the evening",
        "a Friday night lasts into Saturday",
        "a Saturday night is no working night",
        "not by day",
        "a whole day",
        "from midnight to midnight",
    ],
)
def test_windows_of_clearance(window: tuple[str, str], local: str, cleared: bool) -> None:
    moment = datetime.fromisoformat(local).replace(tzinfo=BRUSSELS)
    assert is_cleared(person(1), moment, BRUSSELS, [rule(*window)]) is cleared


@pytest.mark.parametrize(
    ("window", "utc", "cleared"),
    [
        (("02:30", "03:30"), "2026-03-29T00:45", False),
        (("02:30", "03:30"), "2026-03-29T01:00", True),
        (("02:30", "03:30"), "2026-03-29T01:30", False),
        (("02:30", "03:00"), "2026-10-25T00:30", True),
        (("02:30", "03:00"), "2026-10-25T01:15", False),
        (("02:30", "03:00"), "2026-10-25T01:30", True),
        (("22:00", "06:00"), "2026-10-25T04:59", True),
        (("22:00", "06:00"), "2026-10-25T05:00", False),
        (("22:00", "06:00"), "2026-03-29T03:59", True),
        (("22:00", "06:00"), "2026-03-29T04:00", False),
    ],
    ids=[
        "spring: 01:45, before a window that begins in the hour that is not",
        "spring: 03:00, at once after the hour that is not",
        "spring: 03:30, it ends by the wall",
        "autumn: 02:30 for the first time",
        "autumn: 02:15 for the second time",
        "autumn: 02:30 for the second time",
        "autumn: a night lasts an hour longer",
        "autumn: and ends at six by the wall",
        "spring: a night is an hour shorter",
        "spring: and ends at six by the wall",
    ],
)
def test_windows_go_by_the_gates_wall_also_when_clocks_change(
    window: tuple[str, str], utc: str, cleared: bool
) -> None:
    moment = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    every_day = frozenset(range(7))
    assert is_cleared(person(1), moment, BRUSSELS, [rule(*window, every_day)]) is cleared


def test_a_rule_without_days_which_an_archived_one_is_lets_nobody_pass() -> None:
    archived = rule("00:00", "24:00", frozenset())
    assert not is_cleared(person(1), START, BRUSSELS, [archived])


@pytest.mark.parametrize(
    ("named", "cleared"),
    [
        ({}, True),
        ({"employees": frozenset({1})}, True),
        ({"employees": frozenset({2})}, False),
        ({"departments": frozenset({4})}, True),
        ({"tags": frozenset({9})}, True),
        ({"tags": frozenset({8}), "departments": frozenset({4})}, True),
        ({"departments": frozenset({5})}, False),
    ],
)
def test_people_named_by_a_rule(named: dict[str, frozenset[int]], cleared: bool) -> None:
    who = person(1, department=4, tags=frozenset({9}))
    assert is_cleared(who, START, BRUSSELS, [rule("00:00", "24:00", **named)]) is cleared


def test_one_matching_rule_is_enough_and_none_means_everybody() -> None:
    never = rule("00:00", "24:00", employees=frozenset({77}))
    assert is_cleared(person(1), START, BRUSSELS, [never, rule("00:00", "24:00")])
    assert is_cleared(person(1), START, BRUSSELS, [])


@pytest.mark.parametrize(
    ("known", "seen", "continued"),
    [
        ([], [face()], [None]),
        ([face(x=100)], [face(x=130)], [0]),
        ([face(x=100)], [face(x=400)], [None]),
        ([face(size=100)], [face(size=220)], [None]),
        ([face(x=100), face(x=220)], [face(x=215), face(x=105)], [1, 0]),
        ([face(x=100)], [face(x=110), face(x=102)], [None, 0]),
    ],
    ids=["nobody before", "a step", "a leap", "another size", "two keep apart", "one continues"],
)
def test_faces_continue_tracks(
    known: list[Face], seen: list[Face], continued: list[int | None]
) -> None:
    assert match_tracks(known, seen) == continued


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_waits_stay_within_bounds(failures: int, chance: float) -> None:
    assert 0.25 <= backoff_s(failures, chance) <= 5


def test_the_offset_of_the_clock_is_measured_at_the_middle_of_the_round_trip() -> None:
    clock = ServerTime()
    assert clock.stamp(at(0)).clock_offset_ms is None
    clock.measured(1000.0, START + timedelta(seconds=5.1), 1000.2)
    stamped = clock.stamp(at(0))
    assert (stamped.clock_offset_ms, stamped.clock_uncertainty_ms) == (5000, 100)


def test_a_wall_clock_that_is_set_back_shows_in_the_next_events_offset() -> None:
    clock = ServerTime()
    clock.measured(1000.0, START, 1000.0)
    later = replace(at(60), captured_at=at(60).captured_at - timedelta(hours=3))
    assert clock.stamp(later).clock_offset_ms == pytest.approx(3 * 3600 * 1000, abs=1)
    assert clock.stamp(at(60)).clock_offset_ms == pytest.approx(0, abs=1)


def test_a_measurement_grows_old_and_gives_way_to_a_surer_one_only() -> None:
    clock = ServerTime()
    clock.measured(1000.0, START, 1000.02)
    assert clock.uncertainty_ms(1_000_020) == 10
    clock.measured(1100.0, START + timedelta(seconds=900), 1104.0)
    assert clock.at(1100.0) == START + timedelta(seconds=99.99), "a slow answer spoils nothing"
    thirty_days_ms = 30 * 86_400_000
    assert clock.uncertainty_ms(1_000_020 + thirty_days_ms) == pytest.approx(259_210)
    later_s = 1000.0 + 30 * 86_400
    clock.measured(later_s, START + timedelta(days=30, seconds=40), later_s + 4.0)
    assert clock.at(later_s + 2.0) == START + timedelta(days=30, seconds=40)


@pytest.mark.parametrize(
    "wall",
    [
        datetime(1970, 1, 1, tzinfo=UTC),
        START + timedelta(hours=3),
        START - timedelta(hours=3),
        START + timedelta(days=3650),
    ],
    ids=["1970", "fast", "slow", "far off"],
)
def test_a_gate_goes_by_the_servers_time_whatever_its_own_clock_shows(wall: datetime) -> None:
    machine, server_time = FakeClock(wall), ServerTime()
    site = SiteClock(machine, server_time)
    assert site.now() == wall, "nothing better is known yet"
    server_time.measured(1000.0, START, 1000.0)
    machine.pass_s(60)
    assert abs(site.now() - START - timedelta(seconds=60)) <= timedelta(milliseconds=1)
    machine.set(wall - timedelta(days=1))
    assert abs(site.now() - START - timedelta(seconds=60)) <= timedelta(milliseconds=1)
