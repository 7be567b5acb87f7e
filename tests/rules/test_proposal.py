"""What a proposal names and tells; ranges and suggestions are in the cases."""

from __future__ import annotations

from datetime import time

from attendance_rules import punch
from attendance_rules.plan import Row, make_plan
from attendance_rules.proposal import Habit, Sighting, proposals
from attendance_rules.punch import Punch, Settings
from attendance_rules.schedule import Schedule

from tests.rules.moments import DAY, LABELLED, at


def test_a_proposal_names_its_row_and_tells_its_evidence() -> None:
    seen = [Punch("a", at("08:00"), "in"), Punch("b", at("08:00", 1), "in")]
    schedule = Schedule(
        [*DAY.shifts[0].pieces, (at("08:00", 1), at("17:00", 1))], [(at("08:00"), "Early")]
    )
    plan = make_plan(None, seen, [], schedule, Settings())
    rows = [
        Row(6, at("08:00", -1), at("17:00", -1), in_uuid="older"),
        Row(7, at("08:00"), at("08:00"), missing_out=True, in_uuid="a"),
    ]
    sightings = [
        Sighting(at("16:00"), "Hall", "refused", "auto"),
        Sighting(at("10:00"), "Yard", "ambiguous", "in"),
    ]
    (one,) = proposals(
        plan.verdicts, sightings, schedule, Settings(), Habit(time(8), time(17), 9), "UTC", rows
    )
    assert (one.kind, one.uuid, one.key, one.hours) == ("missing_out", "a", 7, None)
    assert one.evidence == (
        ("seen", {"at": at("10:00"), "gate": "Yard", "outcome": "ambiguous", "direction": "in"}),
        ("seen", {"at": at("16:00"), "gate": "Hall", "outcome": "refused", "direction": "auto"}),
        ("shift", {"start": at("08:00"), "end": at("17:00"), "label": "Early"}),
        ("usual", {"at": at("17:00"), "days": 9}),
    )


def test_a_question_about_a_departure_names_the_punch_and_tells_its_evidence() -> None:
    rules = (LABELLED, Settings())
    plan = make_plan(None, [Punch("a", at("17:01"))], [], *rules)
    habit = Habit(time(8, 10), time(17), 9)
    (one,) = proposals(plan.verdicts, [], *rules, habit, "UTC", [])
    assert (one.kind, one.uuid, one.key, one.hours) == ("missing_in", "a", None, None)
    assert one.evidence == (
        ("shift", {"start": at("08:00"), "end": at("17:00"), "label": "Early"}),
        ("usual", {"at": at("08:10"), "days": 9}),
    )


def test_a_stay_that_nobody_ends_is_asked_about_before_it_is_stored() -> None:
    rules = (DAY, Settings())
    plan = make_plan(None, [Punch("a", at("08:00"))], [], *rules, now=at("12:00", 1))
    last = plan.verdicts[-1]
    assert (last.uuid, last.at, last.code) == (None, at("12:00", 1), punch.EXPIRED)
    assert not last.accepted
    (one,) = proposals(plan.verdicts, [], *rules, None, "UTC", [])
    assert (one.uuid, one.key) == ("a", None)


def test_a_withheld_punch_names_its_row() -> None:
    row = Row(7, at("08:00"), at("17:00"), fixed=True)
    other = Row(6, at("08:00", -1), at("17:00", -1), fixed=True)
    rules = (DAY, Settings())
    plan = make_plan(None, [Punch("a", at("15:00"), "out")], [other, row], *rules)
    (one,) = proposals(plan.verdicts, [], *rules, None, "UTC", [other, row])
    assert (one.kind, one.uuid, one.key, one.hours) == ("inside_fixed", "a", 7, -2)
    assert (one.earliest, one.suggested, one.latest) == (at("15:00"),) * 3
    assert one.basis == "sighting"
    assert [code for code, _ in one.evidence] == ["shift"]
