"""What the console prints and the journal notes, and threads that are kept alive."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from device_bridge.adapters.console import Console
from device_bridge.adapters.journal import Journal
from device_bridge.domain.event import Outcome
from device_bridge.domain.guidance import Guidance
from device_bridge.domain.liveness import PadMode, PadResult, PadVerdict
from device_bridge.domain.notice import Notice
from device_bridge.domain.template import Candidate
from device_bridge.domain.visit import Conclusion
from device_bridge.errors import CameraLost, CameraUnreadable
from device_bridge.fakes.clock import FakeClock
from device_bridge.supervisor import Supervisor
from tests.builders import at, gate, person


def notice(outcome: Outcome, uuid: str | None = "u1", *, recording: bool = False) -> Notice:
    known = outcome not in {Outcome.NO_CANDIDATE, Outcome.LOW_QUALITY}
    conclusion = Conclusion(
        outcome=outcome,
        candidate=Candidate(person(1, "Mara Lindqvist"), 0.973, 0.1) if known else None,
        time=at(0, recording=recording),
        seen=at(0),
        votes=3,
        frames=4,
        face_px=100,
    )
    return Notice(gate(), outcome, conclusion, uuid, 212.0)


EVENT = {
    "uuid": "u1",
    "captured_at": "2026-11-20T07:00:00.000Z",
    "outcome": "identified",
    "employee": 1,
}
ACCEPTED = {"uuid": "u1", "status": "accepted", "direction": "in", "message": "IN: on time"}


@pytest.fixture
def said() -> list[str]:
    return []


def test_a_line_is_printed_once_odoo_knows_the_direction(said: list[str]) -> None:
    console = Console(said.append)
    console.concluded(notice(Outcome.IDENTIFIED))
    assert said == []
    console.delivered(EVENT, ACCEPTED)
    assert len(said) == 1
    for word in ("07:00:00", "Main entrance", "Mara Lindqvist", "IN", "0.973", "212 ms", "on time"):
        assert word in said[0]


def test_while_odoo_is_away_a_line_is_printed_at_once_and_again_when_delivered(
    said: list[str],
) -> None:
    console = Console(said.append)
    console.concluded(notice(Outcome.IDENTIFIED))
    console.unreachable("no route")
    assert "stored" in said[1]
    console.reachable()
    console.delivered(EVENT, ACCEPTED)
    assert "delivered late" in said[-1]


@pytest.mark.parametrize(
    ("told", "word"),
    [
        (notice(Outcome.REFRACTORY, None), "noted once"),
        (notice(Outcome.LOW_QUALITY, None), "never clear"),
    ],
)
def test_what_is_not_written_is_said_at_once(told: Notice, word: str, said: list[str]) -> None:
    Console(said.append).concluded(told)
    assert word in said[0]


@pytest.mark.parametrize(
    ("pad", "word"),
    [(PadVerdict.ATTACK, "a picture or a mask"), (PadVerdict.UNDECIDED, "not shown to be")],
)
def test_an_attack_is_said_in_words(pad: PadVerdict, word: str, said: list[str]) -> None:
    told = notice(Outcome.PRESENTATION_ATTACK, None)
    concluded = replace(told.conclusion, pad=PadResult(pad))
    Console(said.append).concluded(replace(told, conclusion=concluded))
    assert word in said[0]


@pytest.mark.parametrize("guidance", sorted(set(Guidance) - {Guidance.CANNOT_NOTE}))
def test_whoever_is_challenged_is_told_what_to_do(guidance: Guidance, said: list[str]) -> None:
    console = Console(said.append)
    console.guide(gate(), guidance)
    assert said == []
    console.guide(gate(pad=PadMode.ACTIVE), guidance)
    console.guide(gate(pad=PadMode.ACTIVE), None)
    assert len(said) == 1
    assert said[0].startswith("-- Main entrance: ")


def test_that_nothing_can_be_noted_is_said_at_every_gate(said: list[str]) -> None:
    Console(said.append).guide(gate(), Guidance.CANNOT_NOTE)
    assert "tell the office" in said[0]


def test_a_recorded_time_is_marked(said: list[str]) -> None:
    Console(said.append).concluded(notice(Outcome.REFRACTORY, None, recording=True))
    assert said[0].startswith("REC ")


def test_the_journal_measures_only_what_was_delivered_without_an_outage(tmp_path: Path) -> None:
    clock = FakeClock()
    journal = Journal(tmp_path / "journal.jsonl", clock)
    journal.concluded(notice(Outcome.IDENTIFIED))
    clock.pass_s(0.5)
    journal.delivered(EVENT, ACCEPTED)
    journal.unreachable("no route")
    journal.concluded(notice(Outcome.IDENTIFIED, "u2"))
    journal.reachable()
    journal.delivered(EVENT | {"uuid": "u2"}, ACCEPTED)
    journal.close()
    lines = [json.loads(line) for line in (tmp_path / "journal.jsonl").read_text().splitlines()]
    took = [one["committed_to_attendance_ms"] for one in lines if one["kind"] == "delivered"]
    assert took == [500.0, None]
    assert "Mara" not in (tmp_path / "journal.jsonl").read_text()


class Part:
    """Fails as told, then works."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.runs, self.worked = list(errors), 0, threading.Event()

    def run(self) -> None:
        self.runs += 1
        if self.errors:
            raise self.errors.pop(0)
        self.worked.set()


@pytest.mark.parametrize("error", [CameraLost("unplugged"), ValueError("a defect of ours")])
def test_a_part_that_fails_is_started_again(error: Exception) -> None:
    supervisor, part = Supervisor(), Part(error)
    supervisor.start("gate 1", part.run)
    assert part.worked.wait(5)
    assert part.runs == 2


def test_a_part_that_cannot_work_is_not_tried_for_ever() -> None:
    supervisor, part = Supervisor(), Part(CameraUnreadable("no such file"))
    thread = supervisor.start("gate 1", part.run)
    thread.join(5)
    assert (thread.is_alive(), part.runs) == (False, 1)


def test_stopping_ends_a_part_that_waits_to_try_again() -> None:
    supervisor, part = Supervisor(), Part(*[CameraLost("unplugged")] * 1000)
    thread = supervisor.start("gate 1", part.run)
    supervisor.stop.set()
    thread.join(5)
    assert not thread.is_alive()
