"""The short form of `make chaos`, and what a plan promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos import stage
from tests.chaos.plan import Fault, Plan, Wire
from tests.chaos.story import Story

SEED = 20_261_122


def test_the_same_seed_gives_the_same_story() -> None:
    plan = Plan.of(SEED, 20_000, stage.BRIDGES)
    assert plan == Plan.of(SEED, 20_000, stage.BRIDGES)
    assert plan.digest() == Plan.of(SEED, 20_000, stage.BRIDGES).digest()
    assert plan.digest() != Plan.of(SEED + 1, 20_000, stage.BRIDGES).digest()


@pytest.mark.parametrize("events", [1_600, 20_000])
def test_a_plan_strikes_with_everything(events: int) -> None:
    plan = Plan.of(SEED, events, stage.BRIDGES)
    assert {strike.fault for strike in plan.strikes} == set(Fault)
    assert {plan.wire(number) for number in range(500)} == set(Wire)
    assert all(strike.after < events for strike in plan.strikes)


def test_a_story_has_its_events_and_every_gate_its_share() -> None:
    story = Story.of(20_000)
    passages = [one for gate in range(story.gates) for one in story.passages(gate)]
    assert len(passages) == story.events >= 20_000
    assert len({(one.person, one.at) for one in passages}) == len(passages)
    assert {one.gate for one in passages} == set(range(20))
    assert len(story.attendance()) == story.people * story.days * 2


def test_nothing_is_lost_or_doubled_and_attendance_is_right(tmp_path: Path) -> None:
    report = stage.run(SEED, 800, tmp_path)
    assert report.faults == []
    assert (report.lost, report.doubled, report.wrong) == (0, 0, 0)
    assert report.kills >= 3
    assert report.for_review > 0, "the blind gate's events are looked at by a person"
