"""Calendars of cases/*.txt as the pieces of work that Odoo gives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from attendance_rules.day import Absence
from attendance_rules.local import zone_of

from tests.rules.times import WEEKDAYS, Clock

MIDNIGHT = time(23, 59, 59, 999999)
Piece = tuple[datetime, datetime]


def pieces(part: str, clock: Clock, calendars: dict[str, str]) -> list[Piece]:
    """A calendar's hours as Odoo gives them: cut at midnight, 24:00 a microsecond early.

    `day until Tu` and `night from We` are contracts in time.
    """
    name, *limit = part.split()
    found = []
    for hours in filter(None, (one.strip() for one in calendars[name].split(";"))):
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


def without(pieces: list[Piece], absences: list[Absence]) -> list[Piece]:
    """Pieces of work minus absences, as the addon takes leaves off."""
    for one in absences:
        pieces = [
            part
            for start, end in pieces
            for part in ((start, min(end, one.start)), (max(start, one.end), end))
            if part[0] < part[1]
        ]
    return pieces
