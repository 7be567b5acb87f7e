from datetime import datetime, time, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..rules import presence
from ..rules.local import zone_of

PERIODS = (30, 90, 365)
RECENT = 12


class HrFaceJournal(models.AbstractModel):
    """One person: seen where and when, and what their days came to."""

    _inherit = "hr.face.journal"

    @api.model
    @api.readonly
    def person(self, employee_id, days=90):
        """Everything on the person's page; `days` is one of PERIODS, ending today."""
        self._check_may_read()
        days = days if days in PERIODS else PERIODS[1]
        who = self.env["hr.face.registration"].with_context(active_test=False)
        who = who.search([("id", "=", int(employee_id))])
        if not who:
            raise UserError(self.env._("This person is gone, or is none of yours."))
        today = datetime.now(zone_of(who.sudo().employee_id._get_tz())).date()
        first = today - timedelta(days=days - 1)
        told = who.employee_id.with_context(active_test=False)._face_days(first, today)[who.id]
        summary = presence.summary(told.values())
        return {
            **self._person(who),
            "days": days,
            "active": who.active,
            "enrolment": who.enrolment,
            "seen_at": self._text(who.seen_at),
            "seen_gate": who.sudo().gate_id.name or False,
            "direction": who.direction or False,
            "usual_gate": self._usual_gate(who, first),
            "usual_in_min": self._usual_in(told.values()),
            "summary": summary._asdict(),
            "calendar": [
                {
                    "date": fields.Date.to_string(date),
                    "state": one.state,
                    "late_min": one.late_min,
                    "worked_h": one.worked_h,
                    "first_in": one.first_in and one.first_in.strftime("%H:%M"),
                    "last_out": one.last_out and one.last_out.strftime("%H:%M"),
                }
                for date, one in sorted(told.items())
            ],
            "recent": self._recent(who),
        }

    def _usual_gate(self, who, first):
        """The gate that saw them most often in this period, with its share of the sightings."""
        since = datetime.combine(first, time.min)
        found = self.env["hr.face.event"]._read_group(
            [
                ("employee_id", "=", who.id),
                ("outcome", "=", "identified"),
                ("captured_at", ">=", since),
                ("gate_id", "!=", False),
            ],
            ["gate_id"],
            ["__count"],
            order="__count DESC, gate_id",
        )
        if not found:
            return False
        gate, count = found[0]
        share = count / sum(number for _, number in found)
        return {"id": gate.id, "name": gate.sudo().name, "count": count, "share": share}

    def _usual_in(self, days):
        """The median of the first arrivals as minutes after midnight, on the person's own clock."""
        minutes = sorted(
            60 * one.first_in.hour + one.first_in.minute for one in days if one.first_in
        )
        return minutes[len(minutes) // 2] if minutes else False

    def _recent(self, who):
        """The newest sightings, as rows of the live page."""
        events = self.env["hr.face.event"].search(
            [("employee_id", "=", who.id), ("source", "!=", "correction")],
            limit=RECENT,
        )
        seen = events.sudo()  # who may read an event may read the names that it speaks of
        return [event._cockpit_row() for event in seen]
