"""The rules' parts, where a case could not tell what went wrong or would not show it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from attendance_rules import punch
from attendance_rules.correction import Correction, corrected
from attendance_rules.local import date_of, day_of, moment_of, zone_of
from attendance_rules.plan import Before, Row, make_plan, same_state, state_after
from attendance_rules.proposal import Habit, Sighting, proposals
from attendance_rules.punch import Punch, Settings, State, Stay, derive
from attendance_rules.roster import ShiftType, copied_week, day_pieces, expand, override
from attendance_rules.schedule import Schedule, merge

MONDAY = date(2025, 3, 3)
BRUSSELS = "Europe/Brussels"


def at(text: str, day: int = 0) -> datetime:
    """UTC on so many days after MONDAY."""
    return datetime.combine(MONDAY + timedelta(days=day), time.fromisoformat(text), UTC)


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


DAY = Schedule([(at("08:00"), at("12:00")), (at("13:00"), at("17:00"))])


def spans(text: str) -> list[tuple[datetime, datetime]]:
    """ "08:00-12:00 13:00-17:00" on MONDAY."""
    return [tuple(at(clock) for clock in one.split("-")) for one in text.split()]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("intervals", "merged"),
    [
        ("08:00-12:00 13:00-17:00", "08:00-12:00 13:00-17:00"),
        ("13:00-17:00 08:00-12:00", "08:00-12:00 13:00-17:00"),
        ("08:00-12:00 12:00-17:00", "08:00-17:00"),
        ("08:00-12:00 12:00:01-17:00", "08:00-17:00"),
        ("08:00-12:00 12:00:02-17:00", "08:00-12:00 12:00:02-17:00"),
        ("08:00-12:00 09:00-10:00", "08:00-12:00"),
        ("08:00-12:00 11:00-13:00", "08:00-13:00"),
        ("08:00-08:00 09:00-10:00", "09:00-10:00"),
        ("12:00-08:00 13:00-14:00", "13:00-14:00"),
        ("08:00-09:00 08:30-08:30", "08:00-09:00"),
    ],
)
def test_pieces_that_touch_are_one(intervals: str, merged: str) -> None:
    assert merge(spans(intervals)) == spans(merged)


@pytest.mark.parametrize(
    ("intervals", "shifts"),
    [
        ("08:00-12:00 13:00-17:00", 1),
        ("08:00-12:00 14:00-17:00", 1),
        ("08:00-12:00 14:00:01-17:00", 2),
        ("01:00-03:00 05:00-07:00 09:00-11:00", 1),
    ],
)
def test_a_break_of_more_than_two_hours_makes_two_shifts(intervals: str, shifts: int) -> None:
    assert len(Schedule(spans(intervals)).shifts) == shifts


@pytest.mark.parametrize(("hours", "shifts"), [(25, 1), (25.01, 0)])
def test_work_longer_than_a_day_is_no_shift(hours: float, shifts: int) -> None:
    assert len(Schedule([(at("00:00"), at("00:00") + timedelta(hours=hours))]).shifts) == shifts


@pytest.mark.parametrize(
    ("moment", "inside"),
    [("07:59", False), ("11:59", False), ("12:00", True), ("12:59", True), ("13:00", False)],
)
def test_a_break_begins_when_work_ends_and_ends_when_work_begins(moment: str, inside: bool) -> None:
    assert DAY.shifts[0].is_break(at(moment)) is inside


@pytest.mark.parametrize(
    ("moment", "start"),
    [
        ("02:59", None),
        ("03:00", "06:00"),
        ("06:00", "06:00"),
        ("10:00", "06:00"),
        ("12:29", "06:00"),
        ("12:30", "15:00"),
        ("15:00", "15:00"),
        ("19:00", "15:00"),
        ("23:30", "15:00"),
    ],
)
def test_between_two_shifts_the_nearer_one_counts(moment: str, start: str | None) -> None:
    schedule = Schedule(spans("06:00-10:00 15:00-19:00"))
    found = schedule.shift_at(at(moment), early=timedelta(hours=3), late=timedelta(hours=6))
    assert (found.start if found else None) == (at(start) if start else None)


def test_a_departure_belongs_to_a_shift_for_exactly_so_long() -> None:
    limits = {"early": timedelta(0), "late": timedelta(hours=1)}
    assert DAY.shift_at(at("18:00"), **limits)
    assert DAY.shift_at(at("18:00:01"), **limits) is None
    assert DAY.shift_at(at("07:59:59"), **limits) is None


def test_a_shift_bears_the_name_that_the_roster_gives_its_start() -> None:
    labels = [(at("13:00"), "later"), (at("08:00"), "Early"), (at("17:00"), "after")]
    assert Schedule(spans("08:00-12:00 13:00-17:00"), labels).shifts[0].label == "Early"
    assert Schedule(spans("08:00-12:00"), [(at("12:00"), "after")]).shifts[0].label is None
    assert Schedule(spans("08:00-12:00"), [(at("11:59"), "inside")]).shifts[0].label == "inside"
    assert DAY.shifts[0].label is None


LABELLED = Schedule(spans("08:00-12:00 13:00-17:00"), [(at("08:00"), "Early")])


@pytest.mark.parametrize(
    ("seen", "code", "params", "label"),
    [
        ("07:58", punch.IN_SHIFT, {"start": "08:00", "end": "17:00"}, "Early"),
        ("08:20", punch.IN_LATE, {"start": "08:00", "end": "17:00"}, "Early"),
        (">17:01", punch.IN_UNSCHEDULED, {}, None),
        ("07:58 17:02", punch.OUT_SHIFT_END, {"start": "08:00", "end": "17:00"}, "Early"),
        ("07:58 09:00", punch.OUT_DURING, {"end": "17:00"}, "Early"),
        ("07:58 12:01", punch.OUT_BREAK, {}, "Early"),
        ("07:00 07:10", punch.OUT_UNSCHEDULED, {}, None),
        ("07:58 12:01 12:59", punch.IN_BACK, {"left": "12:01"}, "Early"),
        ("07:58 07:58:20", punch.REFRACTORY, {"before": "07:58"}, None),
        (">07:58 >09:00", punch.ALREADY_IN, {"since": "07:58"}, None),
        ("<17:01", punch.NO_CHECK_IN, {}, None),
    ],
)
def test_a_reason_speaks_of_moments_and_of_the_shift_by_name(
    seen: str, code: str, params: dict[str, str], label: str | None
) -> None:
    signs = {">": "in", "<": "out"}
    punches = [
        Punch(f"u{number}", at(word.lstrip("<>")), signs.get(word[0], "auto"))
        for number, word in enumerate(seen.split())
    ]
    last = derive(State(), punches, LABELLED)[1][-1]
    assert (last.uuid, last.code, last.label) == (punches[-1].uuid, code, label)
    assert last.params == {name: at(clock) for name, clock in params.items()}
    assert last.said == punches[-1].direction
    assert last.at == punches[-1].at


@pytest.mark.parametrize(
    ("kind", "direction"),
    [("gone", None), ("void", "in"), ("restore", "out"), ("direction", None), ("direction", "up")],
)
def test_a_correction_that_means_nothing_is_refused(kind: str, direction: str | None) -> None:
    with pytest.raises(ValueError, match=kind):
        Correction("c", at("12:00"), "u", kind, direction)


def test_the_latest_correction_wins_and_the_uuid_decides_between_equals() -> None:
    seen = [Punch("u", at("08:00")), Punch("other", at("09:00"))]
    said = [
        Correction("b", at("12:00"), "u", "direction", "out"),
        Correction("a", at("12:00"), "u", "direction", "in"),
        Correction("z", at("11:00"), "u", "void"),
        Correction("c", at("13:00"), "unknown", "void"),
    ]
    for order in (said, said[::-1]):
        first, second = corrected(seen, order)
        assert (first.direction, first.asserted) == ("out", True)
        assert second is seen[1]


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


def test_a_proposal_names_its_row_and_tells_its_evidence() -> None:
    seen = [Punch("a", at("08:00"), "in"), Punch("b", at("08:00", 1), "in")]
    schedule = Schedule(
        [*DAY.shifts[0].pieces, (at("08:00", 1), at("17:00", 1))], [(at("08:00"), "Early")]
    )
    plan = make_plan(None, seen, [], schedule, Settings())
    rows = [Row(7, at("08:00"), at("08:00"), missing_out=True, in_uuid="a")]
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


NIGHT = ShiftType(1, "Night", time(22), time(6))


@pytest.mark.parametrize(
    ("shift", "pieces"),
    [
        (None, []),
        (ShiftType(1, "Day", time(9), time(17)), [("09:00", 0, "17:00", 0)]),
        (NIGHT, [("22:00", 0, "06:00", 1)]),
        (ShiftType(1, "A day", time(8), time(8)), [("08:00", 0, "08:00", 1)]),
        (ShiftType(1, "Till midnight", time(16), time(0)), [("16:00", 0, "00:00", 1)]),
        (
            ShiftType(1, "Day", time(9), time(17), time(12), time(13)),
            [("09:00", 0, "12:00", 0), ("13:00", 0, "17:00", 0)],
        ),
        (
            ShiftType(1, "Night", time(22), time(6), time(1), time(2)),
            [("22:00", 0, "01:00", 1), ("02:00", 1, "06:00", 1)],
        ),
        (
            ShiftType(1, "Night", time(22), time(6), time(23, 30), time(0, 30)),
            [("22:00", 0, "23:30", 0), ("00:30", 1, "06:00", 1)],
        ),
        (ShiftType(1, "Half a break", time(9), time(17), time(12)), [("09:00", 0, "17:00", 0)]),
        (
            ShiftType(1, "Half a break", time(9), time(17), None, time(12)),
            [("09:00", 0, "17:00", 0)],
        ),
        (
            ShiftType(1, "A break after the end", time(9), time(17), time(18), time(19)),
            [("09:00", 0, "17:00", 0)],
        ),
        (
            ShiftType(1, "A break that ends after the end", time(9), time(17), time(16), time(18)),
            [("09:00", 0, "17:00", 0)],
        ),
        (
            ShiftType(1, "A break the wrong way round", time(9), time(17), time(13), time(12)),
            [("09:00", 0, "17:00", 0)],
        ),
        (
            ShiftType(1, "A break from the start", time(9), time(17), time(9), time(10)),
            [("10:00", 0, "17:00", 0)],
        ),
        (
            ShiftType(1, "A break to the end", time(9), time(17), time(16), time(17)),
            [("09:00", 0, "16:00", 0)],
        ),
        (
            ShiftType(1, "An empty break", time(9), time(17), time(12), time(12)),
            [("09:00", 0, "17:00", 0)],
        ),
    ],
    ids=lambda value: value.name if isinstance(value, ShiftType) else "",
)
def test_a_rostered_day(shift: ShiftType | None, pieces: list[tuple[str, int, str, int]]) -> None:
    expected = [(at(start, first), at(end, last)) for start, first, end, last in pieces]
    assert day_pieces(MONDAY, shift, "UTC") == expected


@pytest.mark.parametrize(
    ("pattern", "start", "end", "keys"),
    [
        ([], 0, 3, []),
        (["E"], 0, 2, ["E", "E", "E"]),
        (["E", "L", None], 0, 4, ["E", "L", None, "E", "L"]),
        (["E", "L", None], 2, 3, [None, "E"]),
        (["E", "L", None], -2, 0, ["L", None, "E"]),
        (["E", "L"], 3, 2, []),
    ],
)
def test_a_pattern_repeats_both_ways_from_its_anchor(
    pattern: list[str | None], start: int, end: int, keys: list[str | None]
) -> None:
    found = expand(pattern, MONDAY, day(start), day(end))
    assert found == {day(start + number): key for number, key in enumerate(keys)}


def test_a_week_is_copied_with_its_gaps_and_nothing_around_it() -> None:
    entries = {day(-1): "x", day(0): "E", day(2): None, day(6): "L", day(7): "x"}
    assert copied_week(entries, MONDAY, day(14)) == {day(14): "E", day(16): None, day(20): "L"}


def test_a_roster_replaces_the_days_it_knows_and_their_nights() -> None:
    nights = [(at("22:00", number), at("06:00", number + 1)) for number in range(3)]
    late = (at("14:00", 1), at("21:00", 1))
    assert override(nights, {day(1): [late]}, "UTC") == [nights[0], late, nights[2]]
    assert override(nights, {day(1): [], day(9): []}, "UTC") == [nights[0], nights[2]]
    assert override(nights, {}, "UTC") == nights
    # 22:00 UTC is the next day in Tokyo
    assert override(nights, {day(2): []}, "Asia/Tokyo") == [nights[0], nights[2]]


def test_a_zone_is_known_by_name_by_itself_and_as_pytz_has_it() -> None:
    zone = ZoneInfo(BRUSSELS)
    like_pytz = type("DstTzInfo", (), {"__str__": lambda self: BRUSSELS})()
    assert zone_of(BRUSSELS) == zone_of(like_pytz) == zone
    assert zone_of(zone) is zone
    assert moment_of(MONDAY, time(8), BRUSSELS) == at("07:00")
    assert date_of(at("23:30"), BRUSSELS) == day(1)
    assert date_of(at("22:30"), BRUSSELS) == day(0)


@pytest.mark.parametrize(
    ("date_", "hours"), [("2025-03-30", 23), ("2025-10-26", 25), ("2025-03-03", 24)]
)
def test_a_local_day_has_its_own_length(date_: str, hours: int) -> None:
    start, end = day_of(date.fromisoformat(date_), BRUSSELS)
    assert end - start == timedelta(hours=hours)
    assert date_of(start, BRUSSELS) == date.fromisoformat(date_)
    assert date_of(start - timedelta(microseconds=1), BRUSSELS) != date.fromisoformat(date_)


def test_everything_defaults_to_no_schedule_and_the_usual_rules() -> None:
    state, verdicts = derive(State(), [Punch("a", at("08:00"))])
    assert state.stay == Stay(at("08:00"), uuid="a")
    assert verdicts[0].code == punch.IN_UNSCHEDULED
