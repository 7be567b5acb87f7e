"""The demo's verdict notices every kind of fault, and its day is the same at any hour."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tools.demo.outcome import Stay, Verdict, judge, spread
from tools.demo.story import EMPLOYEES, SCENES, STRANGERS, expected_stays, last_working_day

DAY = date(2026, 11, 20)
GATES = {1: "entrance", 2: "exit", 3: "side"}
BADGES = {100 + number: actor.badge for number, actor in enumerate(EMPLOYEES)}
_NOTED = {
    "in": "identified",
    "out": "identified",
    "stranger": "no_candidate",
    "no_clearance": "no_clearance",
    "repeat": "refractory",
}


class Day:
    """What bridge and Odoo would hold if everything went as written."""

    def __init__(self) -> None:
        ids = {badge: number for number, badge in BADGES.items()}
        gates = {view: number for number, view in GATES.items()}
        self.journal: list[dict[str, Any]] = []
        for scene in SCENES:
            for actor in scene.actors:
                at = scene.starts_at(DAY).astimezone(UTC) + timedelta(seconds=0.3)
                outcome = _NOTED[scene.outcome]
                self.journal.append(
                    {
                        "kind": "encounter",
                        "uuid": None if outcome == "refractory" else f"event {len(self.journal)}",
                        "gate": gates[scene.gate],
                        "outcome": outcome,
                        "employee": ids.get(actor.badge, 100),
                        "captured_at": at.isoformat(),
                        "seen_to_committed_ms": 200.0,
                    }
                )
        self.events = [line["uuid"] for line in self.journal if line["uuid"]]
        self.stays = [
            Stay(name, start.astimezone(UTC), end and end.astimezone(UTC))
            for name, own in expected_stays(DAY).items()
            for start, end in own
        ]

    def verdict(self) -> Verdict:
        return judge(DAY, self.journal, BADGES, GATES, self.events, self.stays)


def test_a_day_as_written_has_no_fault() -> None:
    verdict = Day().verdict()
    assert verdict.faults == []
    figures = verdict.figures
    assert figures["correct"] == figures["encounters"] >= 25
    assert figures["strangers_refused"] == figures["strangers_seen"] == len(STRANGERS) >= 2
    assert figures["duplicates_suppressed"] == figures["clearance_refused"] == 1


def lose_event(day: Day) -> None:
    day.events.pop()


def double_event(day: Day) -> None:
    day.events.append(day.events[0])


def name_a_stranger(day: Day) -> None:
    line = next(line for line in day.journal if line["outcome"] == "no_candidate")
    line["outcome"] = "identified"


def take_one_for_another(day: Day) -> None:
    first = next(line for line in day.journal if line["outcome"] == "identified")
    first["employee"] = 100 if first["employee"] != 100 else 101


def see_somebody_who_was_not_there(day: Day) -> None:
    extra = copy.deepcopy(day.journal[0])
    extra["captured_at"] = "2026-11-20T03:00:00+00:00"
    day.journal.append(extra)


def miss_somebody(day: Day) -> None:
    day.journal.pop(3)


def let_everybody_in(day: Day) -> None:
    line = next(line for line in day.journal if line["outcome"] == "no_clearance")
    line["outcome"] = "identified"


def move_a_check_in(day: Day) -> None:
    stay = day.stays[0]
    day.stays[0] = Stay(stay.name, stay.check_in + timedelta(minutes=5), stay.check_out)


def forget_a_check_out(day: Day) -> None:
    day.stays[0] = Stay(day.stays[0].name, day.stays[0].check_in, None)


def invent_a_stay(day: Day) -> None:
    day.stays.append(Stay("Bruno Keller", day.stays[0].check_in, None))


@pytest.mark.parametrize(
    ("spoil", "figure"),
    [
        (lose_event, "events_lost"),
        (double_event, "events_doubled"),
        (name_a_stranger, "wrong"),
        (take_one_for_another, "wrong"),
        (see_somebody_who_was_not_there, "wrong"),
        (miss_somebody, "wrong"),
        (let_everybody_in, "wrong"),
        (move_a_check_in, "wrong"),
        (forget_a_check_out, "wrong"),
        (invent_a_stay, "wrong"),
    ],
)
def test_every_fault_is_noticed(spoil: Callable[[Day], None], figure: str) -> None:
    day = Day()
    spoil(day)
    verdict = day.verdict()
    assert verdict.faults
    assert verdict.figures[figure] > 0


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-11-21T12:00:00+00:00", date(2026, 11, 20)),
        ("2026-11-22T23:30:00+00:00", date(2026, 11, 20)),
        ("2026-11-23T08:00:00+00:00", date(2026, 11, 20)),
        ("2026-11-24T08:00:00+00:00", date(2026, 11, 23)),
        ("2026-11-24T22:30:00+00:00", date(2026, 11, 23)),
        ("2026-11-24T23:30:00+00:00", date(2026, 11, 24)),
    ],
    ids=["Saturday", "Sunday night", "Monday", "Tuesday", "Tuesday night", "Wednesday in Brussels"],
)
def test_the_last_working_day_is_wholly_over(now: str, day: date) -> None:
    assert last_working_day(datetime.fromisoformat(now)) == day


def test_the_story_fits_its_own_rules() -> None:
    starts = [scene.starts_at(DAY) for scene in SCENES]
    assert starts == sorted(starts), "scenes are told in the order of the day"
    assert all(after - before > timedelta(seconds=5) for before, after in pairwise(starts))
    assert len(EMPLOYEES) >= 6
    assert all(end for own in expected_stays(DAY).values() for _, end in own)


def test_the_95th_percentile_is_by_nearest_rank() -> None:
    assert spread(range(1, 101))["p95"] == 95
    assert spread([7.0])["p95"] == 7.0
