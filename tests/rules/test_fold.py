"""What the fold says of a punch, and what corrections leave of it."""

from __future__ import annotations

import pytest
from attendance_rules import punch
from attendance_rules.correction import Correction, corrected
from attendance_rules.punch import Punch, State, Stay, derive

from tests.rules.moments import LABELLED, at


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


def test_everything_defaults_to_no_schedule_and_the_usual_rules() -> None:
    state, verdicts = derive(State(), [Punch("a", at("08:00"))])
    assert state.stay == Stay(at("08:00"), uuid="a")
    assert verdicts[0].code == punch.IN_UNSCHEDULED
