from odoo import fields, models

from .hr_face_cockpit import ALERTS, ASKED_ON_BUS, EVENTS_ON_BUS, SHOWN


class HrFaceEvent(models.Model):
    """The event on the live page, and the word that it is there."""

    _inherit = "hr.face.event"

    def _derive_or_defer(self, device, spans, backlog):
        super()._derive_or_defer(device, spans, backlog)
        self._tell_cockpit()

    def _derive_recorded(self):
        super()._derive_recorded()
        self._tell_cockpit()

    def _tell_cockpit(self):
        """Numbers only: bus messages are kept for a while, and heard by people with other rights.

        Of many at once the page shows the last ones; the counts it reads anew anyway.
        """
        for company, events in self.grouped("company_id").items():
            self._tell_cockpit_of(company, events.ids[-SHOWN:])

    def _tell_cockpit_of(self, company, event_ids):
        """`event_ids` are new; none: many may have changed."""
        self.env["bus.bus"].sudo()._sendone(
            (company, ASKED_ON_BUS), EVENTS_ON_BUS, {"events": event_ids}
        )

    def _cockpit_row(self):
        self.ensure_one()
        return {
            "id": self.id,
            "at": fields.Datetime.to_string(self.captured_at),
            "employee": self.employee_id.id,
            "name": self.employee_id.name or False,
            "gate": self.gate_id.name or False,
            "direction": self.direction or False,
            "outcome": self.outcome,
            "source": self.source,
            "reason": self.reason or False,
            "alert": self.outcome in ALERTS,
            "review": bool(self.time_review),
            "recording": self.is_recording,
        }


class HrFaceBacklog(models.Model):
    """What waited for a device to catch up is derived now: directions and who is in change."""

    _inherit = "hr.face.backlog"

    def _derive(self, employee_ids):
        super()._derive(employee_ids)
        for company in self.env["hr.employee"].sudo().browse(employee_ids).company_id:
            self.env["hr.face.event"]._tell_cockpit_of(company, [])
