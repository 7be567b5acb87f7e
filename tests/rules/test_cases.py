"""cases/*.txt: every case as it stands, in other orders, late, and once more."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from attendance_rules import day, proposal, punch
from attendance_rules.day import date_worked, day_status
from attendance_rules.proposal import MISSING_IN, MISSING_OUT, Proposal, proposals

from tests.rules import written
from tests.rules.case import Case
from tests.rules.ledger import Ledger
from tests.rules.notation import Line, read

FILES = sorted((Path(__file__).parent / "cases").glob("*.txt"))
LINES = [
    pytest.param(line, id=f"{file.stem}: {line.name}") for file in FILES for line in read(file)
]
FEWEST = 120


def ledger_of(case: Case) -> Ledger:
    return Ledger(case.schedule, case.settings, case.rows)


def asked(case: Case, ledger: Ledger) -> list[Proposal]:
    verdicts = ledger.plan_of_all(case.now).verdicts
    return proposals(
        *(verdicts, case.sightings, case.schedule, case.settings),
        *(case.habit, case.clock.zone, list(ledger.rows.values())),
    )


@pytest.mark.parametrize("line", LINES)
def test_a_case_comes_out_as_written(line: Line) -> None:
    case = line.case()
    ledger = ledger_of(case)
    ledger.arrive(*case.punches, *case.corrections, now=case.now)
    assert written.attendance(ledger, case.clock) == case.attendance
    assert written.said(ledger) == case.said
    found = asked(case, ledger)
    assert written.asked(found, case.clock) == case.asked
    for one in found:
        assert one.earliest <= one.latest
        assert one.suggested is None or one.earliest <= one.suggested <= one.latest


@pytest.mark.parametrize("line", LINES)
def test_a_case_comes_out_the_same_in_whatever_order_its_events_arrive(line: Line) -> None:
    case = line.case()
    whole = ledger_of(case)
    whole.arrive(*case.punches, *case.corrections, now=case.now)
    events = [*case.punches, *case.corrections]
    chance = random.Random(case.name)
    orders = [list(reversed(events))] + [chance.sample(events, len(events)) for _ in range(6)]
    for number, order in enumerate(orders):
        ledger = ledger_of(case)
        size = number % 3 + 1
        for start in range(0, len(order), size):
            ledger.arrive(*order[start : start + size], now=case.now)
        assert (ledger.table(), ledger.said()) == (whole.table(), whole.said())


@pytest.mark.parametrize("line", LINES)
def test_a_case_derived_again_writes_nothing(line: Line) -> None:
    case = line.case()
    ledger = ledger_of(case)
    ledger.arrive(*case.punches, *case.corrections, now=case.now)
    writes = ledger.written
    for moment in {one.at for one in case.punches}:
        ledger.derive_from(moment, case.now)
    assert ledger.written == writes


@pytest.mark.parametrize("line", [one for one in LINES if one.values[0].columns["days"]])
def test_a_day_is_what_the_case_says(line: Line) -> None:
    case = line.case()
    ledger = ledger_of(case)
    ledger.arrive(*case.punches, *case.corrections, now=case.now)
    open_questions = {
        date_worked(
            one.earliest if one.kind == MISSING_OUT else one.latest, case.gross, case.clock.zone
        )
        for one in asked(case, ledger)
        if one.kind in {MISSING_OUT, MISSING_IN}
    }
    long_after = case.clock.moment(case.clock.date("Mo4"), "00:00")
    for item in case.days.split(";"):
        name, *words = item.split()
        date = case.clock.date(name)
        for schedule in (case.schedule, case.gross):
            found = day_status(
                *(date, case.clock.zone, schedule),
                [(start, end) for start, end, _missing in ledger.table()],
                *(case.absences, date in open_questions),
                *(case.delivered or long_after, case.now or long_after, case.tolerance),
            )
            hours = any(word[0].isdigit() and word.endswith("h") for word in words)
            assert written.day(name, found, hours=hours) == " ".join([name, *words])


def test_there_are_enough_cases_and_each_has_a_name_of_its_own() -> None:
    names = [param.id for param in LINES]
    assert len(names) >= FEWEST
    assert len(set(names)) == len(names)


def test_the_cases_say_everything_that_the_rules_can_say() -> None:
    said, asked, days = (
        {word.strip(";") for param in LINES for word in words(param.values[0].columns[name])}
        for name in ("said", "asked", "days")
    )
    assert said == {*punch.CODES, punch.LOCKED, punch.VOIDED, punch.TOO_EARLY, punch.TOO_LATE}
    assert asked >= {MISSING_IN, MISSING_OUT, proposal.INSIDE, proposal.LOCKED}
    assert asked >= {proposal.SCHEDULE, proposal.HABIT, proposal.SIGHTING}
    assert days >= {*day.STATUSES, *(f"!{flag}" for flag in day.FLAGS)}


def words(text: str) -> list[str]:
    return text.replace("+", " ").split()
