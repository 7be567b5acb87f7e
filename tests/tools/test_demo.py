"""The demo's verdict notices every kind of fault, and its day is the same at any hour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tools.demo.outcome import Seen, Stay, Verdict, judge, spread
from tools.demo.story import EMPLOYEES, SCENES, STRANGERS, expected_stays, last_working_day

DAY = date(2026, 11, 20)
_WRITTEN = {
    "in": "identified",
    "out": "identified",
    "stranger": "no_candidate",
    "no_clearance": "no_clearance",
}


class Day:
    """What bridge and Odoo would hold if everything went as written."""

    def __init__(self) -> None:
        self.journal: list[dict[str, Any]] = []
        self.events: list[Seen] = []
        for scene in SCENES:
            for actor in scene.actors:
                at = scene.starts_at(DAY).astimezone(UTC) + timedelta(seconds=0.3)
                uuid = None if scene.outcome == "repeat" else f"event {len(self.journal)}"
                noted = _WRITTEN.get(scene.outcome, "refractory")
                if uuid is not None:
                    self.events.append(Seen(uuid, scene.gate, noted, actor.badge, at))
                self.journal.append(
                    {
                        "kind": "encounter",
                        "uuid": uuid,
                        "outcome": noted,
                        "seen_to_committed_ms": 200.0,
                    }
                )
        self.stays = [
            Stay(name, start.astimezone(UTC), end and end.astimezone(UTC))
            for name, own in expected_stays(DAY).items()
            for start, end in own
        ]

    def verdict(self) -> Verdict:
        return judge(DAY, self.journal, self.events, self.stays)

    def change(self, first: str, **changes: Any) -> None:
        """Change the first event with the outcome `first`."""
        index = next(i for i, event in enumerate(self.events) if event.outcome == first)
        self.events[index] = replace(self.events[index], **changes)


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
    day.events.append(replace(day.events[0], uuid="a new one"))


def name_a_stranger(day: Day) -> None:
    day.change("no_candidate", outcome="identified", badge=EMPLOYEES[0].badge)


def take_one_for_another(day: Day) -> None:
    other = next(one.badge for one in EMPLOYEES if one.badge != day.events[0].badge)
    day.change("identified", badge=other)


def see_somebody_who_was_not_there(day: Day) -> None:
    at = datetime(2026, 11, 20, 3, tzinfo=UTC)
    day.events.append(replace(day.events[0], uuid="a new one", captured_at=at))


def let_everybody_in(day: Day) -> None:
    day.change("no_clearance", outcome="identified")


def note_a_repeat(day: Day) -> None:
    day.journal = [line for line in day.journal if line["outcome"] != "refractory"]


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
        (note_a_repeat, "wrong"),
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
