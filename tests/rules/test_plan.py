"""From verdicts to the difference between stored and right rows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attendance_rules import punch
from attendance_rules.plan import Before, Row, make_plan, same_state, state_after
from attendance_rules.punch import Punch, Settings, State, Stay

from tests.rules.moments import DAY, at


@pytest.mark.parametrize(
    ("before", "state"),
    [
        (None, State()),
        (Before("u", at("08:00"), "in"), State(at("08:00"), Stay(at("08:00"), uuid="u"))),
        (Before("u", at("08:00"), "in", row_fixed=True), State(at("08:00"))),
        (Before("u", at("08:00"), "out"), State(at("08:00"))),
        (Before("u", at("08:00"), None), State(at("08:00"), unanswered=True)),
    ],
)
def test_the_last_event_that_counted_is_the_state(before: Before | None, state: State) -> None:
    assert state_after(before) == state
    assert same_state(before, state) is (state.stay is None)
    assert not same_state(before, State(at("08:01")))


def test_the_plan_knows_the_state_it_came_to() -> None:
    seen = [Punch("a", at("08:00")), Punch("b", at("17:00")), Punch("c", at("17:30"))]
    rules = (DAY, Settings())
    assert make_plan(None, seen[:2], [], *rules).state == State(at("17:00"))
    assert make_plan(None, seen, [], *rules).state.stay == Stay(at("17:30"), uuid="c")
    later = make_plan(None, seen, [], *rules, now=at("17:31", 1))
    assert later.state == State(at("17:30"))


def test_a_spare_row_is_used_again_before_one_is_made() -> None:
    """A late punch turns every pair around: one write, no deletion."""
    rows = [Row(1, at("06:57"), at("11:00"), in_uuid="a", out_uuid="c")]
    seen = [Punch("a", at("06:57")), Punch("b", at("09:00")), Punch("c", at("11:00"))]
    plan = make_plan(None, seen, rows, DAY, Settings())
    assert (list(plan.updates), list(plan.creates), plan.deletes) == ([1], ["c"], [])
    assert plan.row_of == {"a": 1, "b": 1, "c": "c"}


def test_the_earliest_spare_row_is_used_first_and_the_others_go() -> None:
    rows = [
        Row(2, at("11:00"), at("12:00"), in_uuid="c", out_uuid="d"),
        Row(1, at("09:00"), at("10:00"), in_uuid="a", out_uuid="b"),
        Row(3, at("15:00"), None, in_uuid="e"),
    ]
    names = {"a": "09:00", "b": "10:00", "c": "11:00", "d": "12:00", "e": "15:00"}
    seen = [Punch(uuid, at(clock), "out") for uuid, clock in names.items()]
    came = Punch("0", at("07:58"))
    plan = make_plan(None, [came, *seen], rows, DAY, Settings())
    assert list(plan.updates) == [1]
    assert sorted(plan.deletes) == [2, 3]
    assert plan.row_of == {"0": 1, "a": 1}


def test_rows_of_other_times_are_left_alone() -> None:
    rows = [Row(1, at("08:00", -1), at("17:00", -1), in_uuid="old", out_uuid="old2")]
    plan = make_plan(None, [Punch("a", at("08:00"))], rows, DAY, Settings())
    assert (list(plan.creates), plan.updates, plan.deletes) == (["a"], {}, [])


def test_attendance_keeps_whole_seconds() -> None:
    half = timedelta(microseconds=500_000)
    seen = [Punch("a", at("08:00") + half), Punch("b", at("17:00") + half)]
    (new,) = make_plan(None, seen, [], DAY, Settings()).creates.values()
    assert (new.check_in, new.check_out) == (at("08:00"), at("17:00"))


def test_a_punch_that_a_decided_row_rests_on_is_not_judged_again() -> None:
    row = Row(1, at("08:00"), at("16:00"), fixed=True, in_uuid="a", out_uuid="b")
    seen = [Punch("a", at("08:00")), Punch("b", at("16:00")), Punch("c", at("15:00"), "out")]
    plan = make_plan(None, seen, [row], DAY, Settings())
    assert [verdict.uuid for verdict in plan.verdicts] == ["c"]


def test_a_locked_row_that_begins_with_the_last_event_is_still_locked() -> None:
    before = Before("a", at("08:00:00.5"), "in")
    row = Row(1, at("08:00"), None, in_uuid="a", locked=True)
    plan = make_plan(before, [Punch("b", at("17:00"), "out")], [row], DAY, Settings())
    assert [verdict.code for verdict in plan.verdicts] == [punch.LOCKED]
    assert [plan.updates, plan.creates, plan.deletes] == [{}, {}, []]


def test_a_person_s_row_ends_a_stay_with_a_verdict_of_no_punch() -> None:
    row = Row(1, at("12:00"), at("17:00"), fixed=True)
    plan = make_plan(None, [Punch("a", at("08:00"))], [row], DAY, Settings())
    last = plan.verdicts[-1]
    assert (last.uuid, last.at, last.code) == (None, at("12:00"), punch.EXPIRED)
    assert (last.direction, last.accepted) == (None, False)
    assert last.expired == Stay(at("08:00"), uuid="a")
