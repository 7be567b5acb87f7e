"""The language of cases/*.txt: what a payroll clerk would write down, one line per case.

A file names its zone, its week, its calendars and its shifts; every other line is a case:

    name | calendar | given | seen | attendance | said | asked | days

Times are local. `07:58` is an automatic gate, `>07:58` an entrance, `<17:02` an exit, and
with `!` before it somebody says so; `Tu` or a date before a time holds until the next one;
a second `02:30` of the night is `02:30'`. Attendance is `07:58-17:02`, open `07:58-`, and
without a check-out (zero hours) `07:58-?`. Columns at the end may be left out: without
`asked` nothing may be asked. Two people are told apart by `&` in each column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from attendance_rules.correction import Correction
from attendance_rules.day import Absence
from attendance_rules.local import moment_of, zone_of
from attendance_rules.plan import Row
from attendance_rules.proposal import Habit, Sighting
from attendance_rules.punch import Punch, Settings
from attendance_rules.roster import ShiftType, day_pieces, override
from attendance_rules.schedule import Schedule

WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
COLUMNS = ("calendar", "given", "seen", "attendance", "said", "asked", "days")
DIRECTIONS = {"": "auto", ">": "in", "<": "out"}
MIDNIGHT = time(23, 59, 59, 999999)
Piece = tuple[datetime, datetime]


@dataclass(frozen=True)
class Book:
    """What a file says before its cases."""

    zone: str
    monday: date
    calendars: dict[str, str]
    shifts: dict[str, ShiftType]


@dataclass
class Case:
    """One line, read. What is expected stays text; `Clock.text` writes the same language."""

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


@dataclass(frozen=True)
class Clock:
    """Local days and times of one zone as text and back."""

    zone: str
    monday: date

    def date(self, text: str) -> date:
        """`Tu`, `Tu2` a week later, `Su0` the day before the week, or 2024-02-29."""
        if text[:2] in WEEKDAYS:
            week = int(text[2:] or 1) - 1
            return self.monday + timedelta(days=WEEKDAYS.index(text[:2]) + 7 * week)
        return date.fromisoformat(text)

    def moment(self, day: date, text: str) -> datetime:
        """`07:58`, `07:58:20`, `24:00`; a second 02:30 of that night is `02:30'`."""
        if text == "24:00":
            return moment_of(day + timedelta(days=1), time.min, self.zone)
        local = datetime.combine(day, time.fromisoformat(text.rstrip("'")), zone_of(self.zone))
        return local.replace(fold=int(text.endswith("'"))).astimezone(UTC)

    def walk(self, text: str) -> Iterator[tuple[date, str]]:
        """(day, word) of a column; the first day is Monday's."""
        day = self.monday
        for word in text.split():
            if re.fullmatch(r"[A-Z][a-z]\d*|\d{4}-\d\d-\d\d", word):
                day = self.date(word)
            else:
                yield day, word

    def text(self, moment: datetime) -> str:
        """As a case writes it, with its day."""
        local = moment.astimezone(zone_of(self.zone))
        days = (local.date() - self.monday).days
        week = days // 7 + 1
        named = WEEKDAYS[days % 7] + ("" if week == 1 else str(week))
        day = named if 0 <= week <= 5 else local.date().isoformat()
        clock = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
        return f"{day} {clock}{chr(39) * local.fold}"


def read(path: Path) -> Iterator[Case]:
    """The cases of a file; a line of two people gives two."""
    words: dict[str, str] = {}
    calendars: dict[str, str] = {"none": ""}
    shifts: dict[str, ShiftType] = {}
    for line in path.read_text().splitlines():
        if "|" in line:
            book = Book(words["zone"], date.fromisoformat(words["week"]), calendars, shifts)
            yield from _cases(line, book)
        elif line.strip() and not line.startswith("#"):
            word, _, rest = line.partition(" ")
            if word == "calendar":
                name, _, hours = rest.strip().partition(" ")
                calendars[name] = hours
            elif word == "shift":
                name, *times = rest.split()
                clocks = [time.fromisoformat(one) for part in times for one in part.split("-")]
                shifts[name] = ShiftType(len(shifts), name, *clocks)
            else:
                words[word] = rest.strip()


def _cases(line: str, book: Book) -> Iterator[Case]:
    name, *cells = (cell.strip() for cell in line.split("|"))
    people = max(cell.count("&") for cell in cells) + 1
    for person in range(people):
        own = [cell.split("&")[person].strip() if "&" in cell else cell for cell in cells]
        columns = dict(zip(COLUMNS, own + [""] * 7, strict=False))
        title = f"{name} ({person + 1})" if people > 1 else name
        yield _case(title, columns, book)


def _case(name: str, columns: dict[str, str], book: Book) -> Case:
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
    roster = {}
    for item in given:
        word, _, rest = item.partition(" ")
        if word == "roster":
            for pair in rest.split():
                day, _, shift = pair.partition("=")
                roster[clock.date(day)] = book.shifts.get(shift)
        elif word != "zone":
            GIVEN[word](case, rest)
    pieces = [
        piece for part in columns["calendar"].split(",") for piece in _pieces(part, clock, book)
    ]
    days = {day: day_pieces(day, shift, zone) for day, shift in roster.items()}
    labels = [(days[day][0][0], shift.name) for day, shift in roster.items() if shift]
    pieces = override(pieces, days, zone)
    case.gross = Schedule(pieces, labels)
    case.schedule = Schedule(_without(pieces, case.absences), labels)
    return case


def _punch(clock: Clock, day: date, word: str, number: int) -> Punch:
    asserted, sign, text = re.fullmatch(r"(!?)([<>]?)([\d:']+)", word).groups()  # type: ignore[union-attr]
    return Punch(f"u{number:02}", clock.moment(day, text), DIRECTIONS[sign], bool(asserted))


def _pieces(part: str, clock: Clock, book: Book) -> list[Piece]:
    """A calendar's hours as Odoo gives them: cut at midnight, 24:00 a microsecond early.

    `day until Tu` and `night from We` are contracts in time.
    """
    name, *limit = part.split()
    found = []
    for hours in filter(None, (one.strip() for one in book.calendars[name].split(";"))):
        days, *spans = hours.split()
        zone = clock.zone
        if days == "in":
            zone, days, *spans = spans
        for day in _days(days, clock):
            if limit and limit[0] == "until" and day > clock.date(limit[1]):
                continue
            if limit and limit[0] == "from" and day < clock.date(limit[1]):
                continue
            for span in spans:
                found += _span(day, *span.split("-"), Clock(zone, clock.monday))
    return found


def _days(text: str, clock: Clock) -> Iterator[date]:
    """`Mo-Fr`, `Mo`; `1:Mo-Fr` only in odd weeks from the file's on, `2:Mo-Fr` in even ones."""
    weeks, _, names = text.rpartition(":")
    first, _, last = names.partition("-")
    start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    for number in range(-7, 35):
        inside = start <= number % 7 <= end if start <= end else not end < number % 7 < start
        if inside and (not weeks or number // 7 % 2 == int(weeks) - 1):
            yield clock.monday + timedelta(days=number)


def _span(day: date, start: str, end: str, clock: Clock) -> list[Piece]:
    if time.fromisoformat(start) < time.fromisoformat("00:00" if end == "24:00" else end):
        return [(clock.moment(day, start), clock.moment(day, end))]
    midnight = datetime.combine(day, MIDNIGHT, zone_of(clock.zone)).astimezone(UTC)
    evening = (clock.moment(day, start), midnight)
    following = day + timedelta(days=1)
    morning = (clock.moment(following, "00:00"), clock.moment(following, end.replace("24", "00")))
    return [evening, morning] if morning[0] < morning[1] else [evening]


def _without(pieces: list[Piece], absences: list[Absence]) -> list[Piece]:
    for one in absences:
        pieces = [
            part
            for start, end in pieces
            for part in ((start, min(end, one.start)), (max(start, one.end), end))
            if part[0] < part[1]
        ]
    return pieces


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
