"""Who may pass a gate when, decided here so that it holds without the network.

Synced from Odoo (wire/config.v1). No rule at all: everyone enrolled may pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from device_bridge.domain.template import Person


@dataclass(frozen=True, slots=True)
class ClearanceRule:
    """People and a window of time; people named by nobody means all people.

    Attributes:
        weekdays: 0 = Monday; the day on which the window starts.
        from_time, to_time: wall time at the gate; `to_time` not after `from_time`
            means the window ends on the next day; 24:00 is given as time.max.
    """

    departments: frozenset[int]
    employees: frozenset[int]
    tags: frozenset[int]
    weekdays: frozenset[int]
    from_time: time
    to_time: time

    def names(self, person: Person) -> bool:
        if not (self.departments or self.employees or self.tags):
            return True
        return (
            person.employee in self.employees
            or person.department in self.departments
            or bool(self.tags & person.tags)
        )

    def open_at(self, local: datetime) -> bool:
        """Whether the window holds at a wall time of the gate."""
        today, now = local.weekday(), local.time()
        if self.from_time < self.to_time:
            return today in self.weekdays and self.from_time <= now < self.to_time
        yesterday = (local - timedelta(days=1)).weekday()
        return (today in self.weekdays and now >= self.from_time) or (
            yesterday in self.weekdays and now < self.to_time
        )


def is_cleared(
    person: Person, at: datetime, timezone: ZoneInfo, rules: Sequence[ClearanceRule]
) -> bool:
    """Whether `person` may pass at the aware datetime `at`."""
    local = at.astimezone(timezone)
    return not rules or any(rule.names(person) and rule.open_at(local) for rule in rules)
