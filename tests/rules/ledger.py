"""One person's events and attendance in memory, kept as the addon's database keeps them.

`Ledger.arrive` does what the addon does with a delivery: it derives anew from the first
changed moment, starting from the last event that counted before it, and applies the plan.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from attendance_rules.correction import Correction
from attendance_rules.plan import Before, Plan, Row, make_plan
from attendance_rules.punch import NO_CHECK_IN, Punch, Settings
from attendance_rules.schedule import Schedule

TWO_DAYS = timedelta(days=2)


class Ledger:
    """Events, their verdicts, and rows; `rows` are those that a person made."""

    def __init__(self, schedule: Schedule, settings: Settings, rows: Iterable[Row] = ()) -> None:
        self.schedule, self.settings = schedule, settings
        self.punches: dict[str, Punch] = {}
        self.corrections: dict[str, Correction] = {}
        self.verdicts: dict[str, Any] = {}
        self.rows = {row.id: row for row in rows}
        self.written = 0
        self._next = max(self.rows, default=0) + 1

    def arrive(self, *events: Punch | Correction, now: datetime | None = None) -> Plan | None:
        """Deliver some events at once; what is known already changes nothing."""
        changed = []
        for event in events:
            if isinstance(event, Correction):
                self.corrections[event.uuid] = event
                if event.target in self.punches:
                    changed.append(self.punches[event.target].at)
            elif event.uuid not in self.punches:
                self.punches[event.uuid] = event
                changed.append(event.at)
        return self.derive_from(min(changed), now) if changed else None

    def derive_from(self, since: datetime, now: datetime | None = None) -> Plan:
        """Derive anew everything from `since` on."""
        before = self.last_accepted(since)
        plan = make_plan(
            before,
            [punch for punch in self.punches.values() if punch.at >= since],
            self._rows_from(since, before),
            self.schedule,
            self.settings,
            corrections=list(self.corrections.values()),
            now=now,
        )
        self._apply(plan)
        return plan

    def plan_of_all(self, now: datetime | None = None) -> Plan:
        """The plan of deriving everything from the beginning; nothing is applied."""
        return make_plan(
            *(None, list(self.punches.values()), list(self.rows.values())),
            *(self.schedule, self.settings, list(self.corrections.values()), now),
        )

    def last_accepted(self, since: datetime) -> Before | None:
        """As models/hr_attendance_past.py finds it."""
        counted = [
            verdict
            for verdict in self.verdicts.values()
            if verdict.at < since and (verdict.direction or verdict.code == NO_CHECK_IN)
        ]
        if not counted:
            return None
        last = max(counted, key=lambda verdict: (verdict.at, verdict.uuid))
        return Before(last.uuid, last.at, last.direction)

    def _rows_from(self, since: datetime, before: Before | None) -> list[Row]:
        moment = (before.at if before else since - TWO_DAYS).replace(microsecond=0)
        mine = (before.uuid,) if before else ()
        return [
            row
            for row in self.rows.values()
            if row.check_out is None
            or row.check_out >= moment
            or row.missing_out
            or row.in_uuid in mine
            or row.out_uuid in mine
        ]

    def _apply(self, plan: Plan) -> None:
        """Deletes, updates, creates; then the links as `plan.row_of` says."""
        self.written += len(plan.deletes) + len(plan.updates) + len(plan.creates)
        for key in plan.deletes:
            del self.rows[key]
        for key, new in plan.updates.items():
            self.rows[key] = replace(
                self.rows[key],
                check_in=new.check_in,
                check_out=new.check_out,
                missing_out=new.missing_out,
                out_uuid=new.out_uuid,
            )
        made = {}
        for uuid, new in plan.creates.items():
            made[uuid] = self._next
            self.rows[self._next] = Row(
                self._next,
                new.check_in,
                new.check_out,
                missing_out=new.missing_out,
                in_uuid=uuid,
                out_uuid=new.out_uuid,
            )
            self._next += 1
        for verdict in plan.verdicts:
            if verdict.uuid:
                self.verdicts[verdict.uuid] = verdict
        for uuid, place in plan.row_of.items():
            row = self.rows[made.get(place, place)]
            link = "in_uuid" if self.verdicts[uuid].direction == "in" else "out_uuid"
            self.rows[row.id] = replace(row, **{link: uuid})

    def table(self) -> list[tuple[datetime, datetime | None, bool]]:
        """Attendance as (check in, check out, missing), in time order."""
        rows = [(row.check_in, row.check_out, row.missing_out) for row in self.rows.values()]
        return sorted(rows, key=lambda row: (row[0], row[1] is None, row[1] or row[0], row[2]))

    def said(self) -> list[tuple[str, str | None, str, tuple[str, ...]]]:
        """What was said of each event, in time order."""
        ordered = sorted(self.verdicts.values(), key=lambda verdict: (verdict.at, verdict.uuid))
        return [(one.uuid, one.direction, one.code, one.flags) for one in ordered]
