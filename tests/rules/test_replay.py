"""What a replay would change: stays per local day, before and after."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from attendance_rules.plan import Plan, Row, Values
from attendance_rules.replay import Change, changes

TZ = "Europe/Brussels"
DAY = date(2025, 3, 3)


def at(text: str, day: int = 3) -> datetime:
    return datetime.fromisoformat(f"2025-03-{day:02d}T{text}:00").replace(tzinfo=UTC)


FIRST = Row(1, at("07:00"), at("11:00"))
SECOND = Row(2, at("12:00"), None)
LATE = Row(3, at("23:30"), None)


@pytest.mark.parametrize(
    ("rows", "plan", "expected"),
    [
        pytest.param([FIRST, SECOND], Plan(), [], id="an empty plan changes nothing"),
        pytest.param(
            [FIRST],
            Plan(updates={1: Values(at("07:00"), at("11:00"), missing_out=True)}),
            [],
            id="only times are compared",
        ),
        pytest.param(
            [FIRST, SECOND],
            Plan(deletes=[2], updates={1: Values(at("07:00"), at("16:00"))}),
            [
                Change(
                    DAY,
                    ((at("07:00"), at("11:00")), (at("12:00"), None)),
                    ((at("07:00"), at("16:00")),),
                )
            ],
            id="two rows become one",
        ),
        pytest.param(
            [],
            Plan(creates={"a": Values(at("09:00"))}),
            [Change(DAY, (), ((at("09:00"), None),))],
            id="a row where there was none",
        ),
        pytest.param(
            [LATE],
            Plan(deletes=[3]),
            [Change(date(2025, 3, 4), ((at("23:30"), None),), ())],
            id="the day is the local one",
        ),
        pytest.param(
            [FIRST],
            Plan(updates={1: Values(at("07:00", 4), at("11:00", 4))}),
            [
                Change(DAY, ((at("07:00"), at("11:00")),), ()),
                Change(date(2025, 3, 4), (), ((at("07:00", 4), at("11:00", 4)),)),
            ],
            id="a row that moves changes both days",
        ),
        pytest.param(
            [SECOND, FIRST],
            Plan(creates={"a": Values(at("05:00"), at("06:00"))}),
            [
                Change(
                    DAY,
                    ((at("07:00"), at("11:00")), (at("12:00"), None)),
                    (
                        (at("05:00"), at("06:00")),
                        (at("07:00"), at("11:00")),
                        (at("12:00"), None),
                    ),
                )
            ],
            id="stays are in time order",
        ),
    ],
)
def test_changes(rows: list[Row], plan: Plan, expected: list[Change]) -> None:
    assert changes(rows, plan, TZ) == expected
