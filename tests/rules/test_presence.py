"""Days in one word, and who was at a session."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from attendance_rules import day as days
from attendance_rules import presence
from attendance_rules.presence import Presence
from attendance_rules.session import Attended, Session, attended
from hypothesis import given
from hypothesis import strategies as st

from tests.rules.moments import at


@pytest.mark.parametrize(
    ("status", "late_min", "state"),
    [("present", 0, "present"), ("present", 7, "late"), ("still_in", 7, "still_in")],
)
def test_late_is_a_day_that_has_ended_with_minutes(status: str, late_min: int, state: str) -> None:
    told = presence.of_day(status, late_min)
    assert (told.state, told.late_min) == (state, late_min)
    assert told.here


def test_every_status_of_a_day_has_its_word() -> None:
    assert set(days.STATUSES) <= set(presence.STATES)


@given(st.lists(st.builds(Presence, st.sampled_from(presence.STATES), st.integers(0, 90))))
def test_a_rate_counts_settled_days_only(some: list[Presence]) -> None:
    told = presence.summary(some)
    settled = [one for one in some if one.state in presence.SETTLED]
    assert told.here + told.absent == len(settled)
    assert sum(told.counts.values()) == len(some)
    assert told.rate == (told.here / len(settled) if settled else None)
    assert presence.summary(one for one in some if one.state in presence.SETTLED).rate == told.rate


ROOM = Session(at("09:00"), at("10:00"), at_gate=True, grace=timedelta(minutes=5))
WORK = ROOM._replace(at_gate=False)
CALLED = WORK._replace(called=True)
IN = [(at("08:00"), at("17:00"))]
AFTER = at("12:00")


@pytest.mark.parametrize(
    ("session", "now", "known", "expected"),
    [
        (ROOM, AFTER, {"seen": [at("08:55")]}, Attended("present", at("08:55"))),
        (ROOM, AFTER, {"seen": [at("08:29")]}, Attended("absent")),
        (ROOM, AFTER, {"seen": [at("08:30")]}, Attended("present", at("08:30"))),
        (ROOM, AFTER, {"seen": [at("09:05")]}, Attended("present", at("09:05"))),
        (ROOM, AFTER, {"seen": [at("09:06")]}, Attended("late", at("09:06"), 6)),
        (ROOM, AFTER, {"seen": [at("09:40"), at("09:01")]}, Attended("present", at("09:01"))),
        (ROOM, AFTER, {"seen": [at("10:00")]}, Attended("absent")),
        (ROOM, AFTER, {"stays": IN}, Attended("absent")),
        (WORK, AFTER, {"stays": IN}, Attended("present", at("08:00"))),
        (WORK, AFTER, {"stays": [(at("07:00"), at("09:00"))]}, Attended("absent")),
        (WORK, AFTER, {"stays": [(at("09:30"), None)]}, Attended("late", at("09:30"), 30)),
        (WORK, AFTER, {"stays": [(at("10:00"), None)]}, Attended("absent")),
        (CALLED, AFTER, {"stays": IN}, Attended("absent")),
        (CALLED, AFTER, {"confirmed": True}, Attended("present", None, 0, True)),
        (
            CALLED,
            AFTER,
            {"confirmed": True, "seen": [at("09:20")]},
            Attended("late", at("09:20"), 20, True),
        ),
        (WORK, at("09:59"), {}, Attended("pending")),
        (WORK, at("10:00"), {}, Attended("absent")),
        (WORK, AFTER, {"away": True}, Attended("leave")),
        (WORK, AFTER, {"away": True, "stays": IN}, Attended("present", at("08:00"))),
    ],
    ids=[
        "at the door before it begins",
        "passed by earlier that morning",
        "at the door as early as it counts",
        "late within the grace",
        "late by more than the grace",
        "the first time counts",
        "when it had ended",
        "at work, and not in the room",
        "at work, where there is no camera of its own",
        "left when it began",
        "came to work during it, and is still there",
        "came to work when it had ended",
        "at work, and not found by the roll call",
        "found by the roll call",
        "found by the roll call, and seen coming late",
        "not yet there",
        "never came",
        "on leave",
        "on leave, and came all the same",
    ],
)
def test_who_was_at_a_session(
    session: Session, now: datetime, known: dict[str, object], expected: Attended
) -> None:
    assert attended(session, now, **known) == expected
