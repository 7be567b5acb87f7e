"""What Odoo shows beforehand is what the gate decides, minute by minute."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attendance_rules import clearance
from hypothesis import example, given
from hypothesis import strategies as st

from device_bridge.domain.clearance import is_cleared
from device_bridge.domain.gate import Gate, read_gate
from device_bridge.domain.template import Person

MONDAY = datetime(2025, 3, 3, tzinfo=UTC)
CONFIGS = Path(__file__).parents[2] / "wire" / "examples" / "valid"
OPEN_ALL_DAY = [(0, clearance.DAY_MIN)]


def rule(**changes: Any) -> dict[str, Any]:
    """As in wire/config.v1: everyone from 08:00 to 17:00 on workdays."""
    usual = {"id": 1, "departments": [], "employees": [], "tags": [], "weekdays": [0, 1, 2, 3, 4]}
    return usual | {"from": "08:00", "to": "17:00"} | changes


def gate_with(rules: list[dict[str, Any]]) -> Gate:
    """The gate as a bridge reads it from its configuration."""
    config = json.loads((CONFIGS / "config.v1.one_gate.json").read_text())
    return read_gate(config["gates"][0] | {"timezone": "UTC", "clearance": rules})


def person(who: clearance.Who) -> Person:
    vectors = np.zeros((1, 128), np.float32)
    number = who.employee or 0
    return Person(number, "", vectors, department=who.department, tags=who.tags)


few = st.lists(st.integers(1, 3), max_size=2, unique=True)
clocks = st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
rules = st.builds(
    lambda departments, employees, tags, weekdays, start, end: rule(
        departments=departments,
        employees=employees,
        tags=tags,
        weekdays=weekdays,
        **{"from": start, "to": end},
    ),
    *(few, few, few),
    st.lists(st.integers(0, 6), max_size=7, unique=True),
    clocks,
    clocks | st.just("24:00"),
)
people = st.builds(
    clearance.Who,
    st.none() | st.integers(1, 3),
    st.none() | st.integers(1, 3),
    st.frozensets(st.integers(1, 3)),
)


@given(st.lists(rules, max_size=4), people, st.integers(0, 7 * clearance.DAY_MIN - 1))
@example([rule(**{"from": "22:00", "to": "06:00"}, weekdays=[6])], clearance.Who(), 60)
@example([rule(**{"from": "08:00", "to": "08:00"}, weekdays=[0])], clearance.Who(), 479)
def test_the_preview_says_what_the_bridge_decides(
    asked: list[dict[str, Any]], who: clearance.Who, minute: int
) -> None:
    gate = gate_with(asked)
    at = MONDAY + timedelta(minutes=minute)
    day, clock = divmod(minute, clearance.DAY_MIN)
    shown = any(start <= clock < end for start, end in clearance.week(asked, who)[day])
    assert shown == is_cleared(person(who), at, gate.timezone, gate.clearance)


@pytest.mark.parametrize(
    ("asked", "day", "expected"),
    [
        ([], 6, OPEN_ALL_DAY),
        ([rule()], 0, [(480, 1020)]),
        ([rule()], 5, []),
        ([rule(employees=[7])], 0, []),
        ([rule(), rule(**{"from": "12:00", "to": "24:00"})], 0, [(480, 1440)]),
        ([rule(**{"from": "22:00", "to": "06:00"}, weekdays=[6])], 0, [(0, 360)]),
        ([rule(weekdays=[])], 0, []),
    ],
    ids=["no rule", "a window", "weekend", "others", "joined", "over midnight", "archived"],
)
def test_a_day_of_somebody_whom_no_rule_names(
    asked: list[dict[str, Any]], day: int, expected: list[tuple[int, int]]
) -> None:
    assert clearance.week(asked, clearance.Who())[day] == expected
