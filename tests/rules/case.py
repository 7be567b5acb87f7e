"""A case of cases/*.txt as values for the rules."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from attendance_rules.correction import Correction
from attendance_rules.day import Absence
from attendance_rules.plan import Row
from attendance_rules.proposal import Habit, Sighting
from attendance_rules.punch import Punch, Settings
from attendance_rules.roster import ShiftType, day_pieces, override
from attendance_rules.schedule import Schedule

from tests.rules.hours import pieces, without
from tests.rules.times import Clock

DIRECTIONS = {"": "auto", ">": "in", "<": "out"}


@dataclass(frozen=True)
class Book:
    """What a file says before its cases."""

    zone: str
    monday: date
    calendars: dict[str, str]
    shifts: dict[str, ShiftType]


@dataclass
class Case:
    """One person of a line, read. What is expected stays text."""

    name: str
    clock: Clock
    schedule: Schedule
    settings: Settings
    punches: list[Punch]
    attendance: str
    said: str
    asked: str
    days: str
    rows: list[Row] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    absences: list[Absence] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    habit: Habit | None = None
    now: datetime | None = None
    delivered: datetime | None = None
    tolerance: timedelta = timedelta()
    gross: Schedule = field(default_factory=Schedule)


def read_case(name: str, columns: dict[str, str], book: Book) -> Case:
    """A person's columns as values for the rules."""
    given = [item.strip() for item in columns["given"].split(";") if item.strip()]
    zone = next((item.split()[1] for item in given if item.startswith("zone ")), book.zone)
    clock = Clock(zone, book.monday)
    case = Case(
        name,
        clock,
        Schedule(),
        Settings(),
        [_punch(clock, day, word, i) for i, (day, word) in enumerate(clock.walk(columns["seen"]))],
        *(columns[name] for name in ("attendance", "said", "asked", "days")),
    )
    roster: dict[date, ShiftType | None] = {}
    for item in given:
        word, _, rest = item.partition(" ")
        if word == "roster":
            for pair in rest.split():
                day, _, shift = pair.partition("=")
                roster[clock.date(day)] = book.shifts.get(shift)
        elif word != "zone":
            GIVEN[word](case, rest)
    calendars = columns["calendar"].split(",")
    worked = [piece for part in calendars for piece in pieces(part, clock, book.calendars)]
    days = {day: day_pieces(day, shift, zone) for day, shift in roster.items()}
    labels = [(days[day][0][0], shift.name) for day, shift in roster.items() if shift]
    worked = override(worked, days, zone)
    case.gross = Schedule(worked, labels)
    case.schedule = Schedule(without(worked, case.absences), labels)
    return case


def _punch(clock: Clock, day: date, word: str, number: int) -> Punch:
    asserted, sign, text = re.fullmatch(r"(!?)([<>]?)([\d:']+)", word).groups()  # type: ignore[union-attr]
    return Punch(f"u{number:02}", clock.moment(day, text), DIRECTIONS[sign], bool(asserted))


def span(text: float | str) -> timedelta:
    """`30m`, `16h`, `60s`, `0`."""
    number, unit = re.fullmatch(r"([\d.]+)([smh]?)", str(text)).groups()  # type: ignore[union-attr]
    return float(number) * {"": timedelta(), "s": S, "m": 60 * S, "h": 3600 * S}[unit]


S = timedelta(seconds=1)


def _stretch(case: Case, text: str) -> tuple[datetime, datetime | None]:
    """`Mo 09:00-10:00`, `09:00-`, `We` (all day), `Mo 22:00-Tu 06:00`."""
    start_text, _, end_text = text.partition("-") if "-" in text else (text, "", "24:00")
    words = start_text.split()
    day = case.clock.date(words[0]) if words[0][0].isalpha() else case.clock.monday
    clocks = words[1:] if words[0][0].isalpha() else words
    start = case.clock.moment(day, clocks[0] if clocks else "00:00")
    if not end_text:
        return start, None
    *until, end = end_text.split()
    return start, case.clock.moment(case.clock.date(until[0]) if until else day, end)


def _at(case: Case, text: str) -> datetime:
    *days, clock = text.split()
    return case.clock.moment(case.clock.date(days[0]) if days else case.clock.monday, clock)


def _hand(case: Case, text: str) -> None:
    start, end = _stretch(case, text)
    case.rows.append(Row(len(case.rows) + 1, start, end, fixed=end is not None))


def _decided(case: Case, text: str) -> None:
    """A derived row on which somebody decided: it rests on the punches of its times."""
    start, end = _stretch(case, text)
    uuids = {punch.at: punch.uuid for punch in case.punches}
    case.rows.append(
        Row(
            *(len(case.rows) + 1, start, end),
            fixed=True,
            in_uuid=uuids.get(start),
            out_uuid=uuids.get(end),  # type: ignore[arg-type]
        )
    )


def _locked(case: Case, text: str) -> None:
    if text.startswith("through "):
        moment = _at(case, text.removeprefix("through "))
        case.settings = replace(case.settings, locked_through=moment)
    else:
        case.rows.append(Row(len(case.rows) + 1, *_stretch(case, text), locked=True))


def _rule(case: Case, text: str) -> None:
    for pair in text.split():
        name, _, value = pair.partition("=")
        if name == "tolerance":
            case.tolerance = span(value)
        else:
            case.settings = replace(case.settings, **{name: span(value)})


def _corrected(kind: str, direction: str | None = None):  # type: ignore[no-untyped-def]
    def add(case: Case, text: str) -> None:
        at = _at(case, text)
        target = next(punch.uuid for punch in case.punches if punch.at == at)
        number = len(case.corrections)
        made_at = case.clock.moment(case.clock.monday, "12:00") + timedelta(days=20 + number)
        case.corrections.append(Correction(f"c{number}", made_at, target, kind, direction))

    return add


def _absent(kind: str):  # type: ignore[no-untyped-def]
    def add(case: Case, text: str) -> None:
        start, end = _stretch(case, text)
        assert end
        case.absences.append(Absence(start, end, kind))

    return add


def _saw(case: Case, text: str) -> None:
    """`Mo <17:05 refused`: at another gate, or not well enough to count."""
    *day, word, outcome = text.split()
    punch = _punch(case.clock, case.clock.date(day[0]) if day else case.clock.monday, word, 0)
    case.sightings.append(Sighting(punch.at, "Side door", outcome, punch.direction))


def _habit(case: Case, text: str) -> None:
    usual_in, usual_out, days = text.split()
    case.habit = Habit(time.fromisoformat(usual_in), time.fromisoformat(usual_out), int(days))


def _moment(name: str):  # type: ignore[no-untyped-def]
    return lambda case, text: setattr(case, name, _at(case, text))


GIVEN = {
    "hand": _hand,
    "decided": _decided,
    "locked": _locked,
    "rule": _rule,
    "wrong": _corrected("void"),
    "was-in": _corrected("direction", "in"),
    "was-out": _corrected("direction", "out"),
    "restored": _corrected("restore"),
    "leave": _absent("leave"),
    "holiday": _absent("holiday"),
    "saw": _saw,
    "habit": _habit,
    "now": _moment("now"),
    "delivered": _moment("delivered"),
}
"""What the column `given` may say."""
