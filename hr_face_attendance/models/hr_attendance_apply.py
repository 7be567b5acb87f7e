from collections import defaultdict
from datetime import UTC, timedelta

from odoo import api, models
from odoo.fields import Domain
from odoo.tools.intervals import Intervals


class Breaks:
    """The breaks of calendars over a span, kept while worked hours are computed.

    An object, because a client can send any JSON as context, not this.
    """

    def __init__(self, first, last):
        self.span = first - timedelta(days=2), last + timedelta(days=2)
        self.known = {}


class HrAttendance(models.Model):
    """Writing the difference that the derivation found, with as few writes as possible."""

    _inherit = "hr.attendance"

    def _face_apply(self, plans):
        """Write the difference of all plans ({employee id: Plan}). Returns {in uuid: id} of the
        rows made.

        Overtime is computed once, at the end: core does it on every write.
        """
        deletes = self.browse(row for plan in plans.values() for row in plan.deletes)
        updates = {row: new for plan in plans.values() for row, new in plan.updates.items()}
        creates = [
            (uuid, employee, new)
            for employee, plan in plans.items()
            for uuid, new in plan.creates.items()
        ]
        if not (deletes or updates or creates):
            return {}
        touched = self.browse(updates)
        before = (deletes | touched)._face_overtime_domain()
        quiet = self.with_context(hr_face_defer_overtime=True)
        quiet.browse(deletes.ids).unlink()
        for row in quiet.browse(sorted(updates, key=lambda row: updates[row].check_in)):
            row.write(_values(updates[row.id]))
        made = quiet.create(
            [
                {"employee_id": employee, "in_mode": "face", **_values(new)}
                for _uuid, employee, new in creates
            ]
        )
        changed = touched | self.browse(made.ids)
        changed._face_work_out_hours()
        after = changed._face_overtime_domain()
        domain = before if before == after else before | after
        if not domain.is_false():  # a mere check-in has no extra hours to compute
            changed._update_overtime(domain)
        return {uuid: row.id for (uuid, _, _), row in zip(creates, made, strict=True)}

    def _face_work_out_hours(self):
        """Have core compute the worked hours, asking for each calendar's breaks only once."""
        closed = self.filtered("check_out")
        if len(closed) > 1:
            first, last = min(closed.mapped("check_in")), max(closed.mapped("check_out"))
            breaks = Breaks(first.replace(tzinfo=UTC), last.replace(tzinfo=UTC))
            closed.with_context(hr_face_breaks=breaks)._recompute_recordset(["worked_hours"])

    def _face_overtime_domain(self):
        """Core's domain of the extra hours to rebuild, with one clause per span of days
        instead of one per employee."""
        spans = defaultdict(list)
        closed = self.filtered("check_out")
        for employee, rows in closed.grouped("employee_id").items():
            first = min(rows.mapped("check_in")).date()
            spans[first, max(rows.mapped("check_out")).date()].append(employee.id)
        return Domain.OR(
            Domain("employee_id", "in", people)
            & Domain("date", ">=", first)
            & Domain("date", "<=", last)
            for (first, last), people in spans.items()
        )

    def _get_overtimes_to_update_domain(self):
        if self._face_defers_overtime():
            return Domain.FALSE
        return super()._get_overtimes_to_update_domain()

    @api.model
    def _face_defers_overtime(self):
        return self.env.context.get("hr_face_defer_overtime") and self._face_deriving()


def _values(new):
    mode = "face" if new.out_uuid else "technical" if new.missing_out else "manual"
    return {
        "check_in": new.check_in.replace(tzinfo=None),
        "check_out": new.check_out.replace(tzinfo=None) if new.check_out else False,
        "out_mode": mode,
        "face_missing_out": new.missing_out,
    }


class ResourceCalendar(models.Model):
    _inherit = "resource.calendar"

    def _attendance_intervals_batch(
        self, start_dt, end_dt, resources=None, domain=None, tz=None, lunch=False
    ):
        """Core's. Its worked hours ask for the breaks of every single stay: here they are
        looked up once per calendar and time zone, and cut to the stay."""
        breaks = self.env.context.get("hr_face_breaks")
        kept = isinstance(breaks, Breaks) and lunch and not domain and not tz
        ask = super()._attendance_intervals_batch
        if not kept or not resources or not breaks.span[0] <= start_dt <= end_dt <= breaks.span[1]:
            return ask(start_dt, end_dt, resources=resources, domain=domain, tz=tz, lunch=lunch)
        wanted = Intervals([(start_dt, end_dt, self.env["resource.calendar.attendance"])])
        found = {}
        for resource in [*resources, self.env["resource.resource"]]:
            key = self.id, resource.tz or self.tz
            if key not in breaks.known:
                one = ask(*breaks.span, resources=resource or None, lunch=True)
                breaks.known[key] = one[resource.id]
            found[resource.id] = breaks.known[key] & wanted
        return found
