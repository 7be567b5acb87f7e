"""What another derivation would change: stays per local day, before and after."""

from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime

from .local import date_of


@dataclass(frozen=True)
class Change:
    """One local day on which attendance would differ.

    Attributes:
        before, after: ((check_in, check_out or None), …), aware UTC, in time order.
    """

    date: Date
    before: tuple[tuple[datetime, datetime | None], ...]
    after: tuple[tuple[datetime, datetime | None], ...]


def changes(rows, plan, tz):
    """[Change] in date order, of the days that `plan` touches; none if it changes nothing.

    Args:
        rows: rules.plan.Row as stored, of one person; every row of a touched day.
        plan: rules.plan.Plan for them.
        tz: the zone in which attendance counts as a day's.
    """
    stays = {row.id: (row.check_in, row.check_out) for row in rows}
    wanted = {key: stay for key, stay in stays.items() if key not in plan.deletes}
    wanted |= {key: (new.check_in, new.check_out) for key, new in plan.updates.items()}
    wanted |= {uuid: (new.check_in, new.check_out) for uuid, new in plan.creates.items()}
    before, after = _by_day(stays.values(), tz), _by_day(wanted.values(), tz)
    return [
        Change(day, before.get(day, ()), after.get(day, ()))
        for day in sorted(before.keys() | after.keys())
        if before.get(day) != after.get(day)
    ]


def _by_day(stays, tz):
    days = {}
    for stay in sorted(stays, key=lambda stay: stay[0]):
        days.setdefault(date_of(stay[0], tz), []).append(stay)
    return {day: tuple(found) for day, found in days.items()}
