from datetime import UTC, timedelta

from odoo import api, models
from odoo.fields import Domain

from ..rules import plan as planning
from ..rules import punch


class HrAttendance(models.Model):
    """Attendance as a function of events, schedule and what people decided.

    The decisions are in rules.punch and rules.plan. Here the past is read, the fold is run
    from the last accepted punch before the change, and the difference is written.
    """

    _inherit = "hr.attendance"

    @api.model
    def _face_derive(self, earliest):
        """Derive anew, per employee from a captured time on.

        Args:
            earliest: {employee: naive UTC datetime of the first event that changed}. The
                caller holds `_face_lock` on all of them.
        """
        if not earliest:
            return
        self.env.flush_all()
        employees = self.env["hr.employee"].sudo().union(*earliest)
        since = {employee.id: moment for employee, moment in earliest.items()}
        befores = self._face_last_accepted(since)
        events = self._face_events(since)
        rows = self._face_rows(since, befores)
        schedules = self._face_schedules(employees, since, events)
        plans = {}
        for employee in employees:
            before = befores.get(employee.id)
            plans[employee.id] = planning.make_plan(
                before and _before(before),
                [_punch(event) for event in events[employee.id]],
                [_row(row) for row in rows[employee.id]],
                schedules[employee.id],
                employee.company_id._face_rules(),
            )
        created = self._face_as_derivation()._face_apply(plans)
        self.env["hr.face.event"].sudo()._keep_verdicts(plans, events, created)
        self._face_after_derive(plans, schedules)

    def _face_schedules(self, employees, since, events):
        """Shifts over everything that is derived, the open stay before it included."""
        start = min(since.values()) - timedelta(days=2)
        last = (event["captured_at"] for rows in events.values() for event in rows)
        end = max(last, default=start)
        return self.env["hr.face.schedule"]._schedules(employees, _aware(start), _aware(end))

    def _face_apply(self, plans):
        """Write the difference of all plans. Returns {in uuid: id} of the rows made.

        Overtime is computed once, at the end: core does it on every write, for the whole week.
        """
        deletes = self.browse(row for plan in plans.values() for row in plan.deletes)
        updates = {row: new for plan in plans.values() for row, new in plan.updates.items()}
        creates = [
            (uuid, employee, new)
            for employee, plan in plans.items()
            for uuid, new in plan.creates.items()
        ]
        touched = self.browse(updates)
        before = (deletes | touched)._get_overtimes_to_update_domain()
        quiet = self.with_context(hr_face_defer_overtime=True)
        quiet.browse(deletes.ids).unlink()
        for row, new in sorted(updates.items(), key=lambda item: item[1].check_in):
            quiet.browse(row).write(_values(new))
        made = quiet.create(
            [
                {"employee_id": employee, "in_mode": "face", **_values(new)}
                for _uuid, employee, new in creates
            ]
        )
        changed = touched | self.browse(made.ids)
        changed._update_overtime(Domain.OR([before, changed._get_overtimes_to_update_domain()]))
        return {uuid: row.id for (uuid, _, _), row in zip(creates, made, strict=True)}

    def _update_overtime(self, attendance_domain=None):
        if self._face_deriving() and self.env.context.get("hr_face_defer_overtime"):
            return
        super()._update_overtime(attendance_domain)


def _values(new):
    mode = "face" if new.out_uuid else "technical" if new.missing_out else "manual"
    return {
        "check_in": new.check_in.replace(tzinfo=None),
        "check_out": new.check_out.replace(tzinfo=None) if new.check_out else False,
        "out_mode": mode,
        "face_missing_out": new.missing_out,
    }


def _punch(event):
    direction = event["gate_direction"]
    if direction == "auto":
        direction = event["direction_hint"] or direction
    return punch.Punch(event["uuid"], _aware(event["captured_at"]), direction)


def _before(event):
    return planning.Before(
        event["uuid"],
        _aware(event["captured_at"]),
        event["direction"],
        row_fixed=bool(event["face_fixed"]) or not event["attendance_id"],
    )


def _row(row):
    return planning.Row(
        row["id"],
        _aware(row["check_in"]),
        row["check_out"] and _aware(row["check_out"]),
        fixed=bool(row["face_fixed"]),
        missing_out=bool(row["face_missing_out"]),
        in_uuid=row["in_uuid"],
        out_uuid=row["out_uuid"],
    )


def _aware(moment):
    return moment.replace(tzinfo=UTC)
