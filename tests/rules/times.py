"""Local days and times of one zone as a clerk writes them, and back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from attendance_rules.local import moment_of, zone_of

WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")


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
