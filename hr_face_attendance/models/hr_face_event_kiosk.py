from datetime import UTC, datetime
from uuid import UUID, uuid5

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_round
from odoo.tools.image import image_data_uri

from ..rules import correction, kiosk, wire
from .hr_face_event_record import Fact

SEEN_ON_BUS = "hr_face_attendance/kiosk"
OTHER = {"in": "out", "out": "in"}
_SAID_AT_KIOSK = UUID("5f0f2c3a-52f4-4d0c-8a3f-1a4f5f6b7c11")


class HrFaceEvent(models.Model):
    """What a kiosk shows of an event, and what the person before it may say about it."""

    _inherit = "hr.face.event"

    @api.model
    def _ingest(self, device, events, backlog=0):
        """Screens that follow a gate hear that there is something new; they ask what it is."""
        results = super()._ingest(device, events, backlog)
        new = {one.get("uuid") for one in results if one["status"] == "accepted"}
        since = datetime.now(UTC) - kiosk.SHOWN
        fresh = [
            event
            for event in events
            if isinstance(event, wire.Event) and event.uuid in new and event.captured_at > since
        ]
        gates = self.env["hr.face.gate"].sudo()
        for event in fresh:
            gate = gates.browse(event.gate)
            if gate.kiosk == "follow":
                self._tell_kiosk(gate, event.uuid)
        return results

    @api.model
    def _tell_kiosk(self, gate, uuid):
        """Only that there is an event: bus messages are kept for a while, so they name nobody."""
        self.env["bus.bus"].sudo()._sendone(gate._kiosk_channel(), SEEN_ON_BUS, {"event": uuid})

    @api.model
    def _at_kiosk(self, gate, uuid):
        """The event (as superuser) that a kiosk at this gate may speak of, or none."""
        if not kiosk.is_uuid(uuid):
            return self.sudo().browse()
        return self.sudo().search(
            [
                ("uuid", "=", uuid),
                ("gate_id", "=", gate.id),
                ("company_id", "=", gate.company_id.id),
                ("captured_at", ">=", fields.Datetime.now() - kiosk.SHOWN),
                ("redacted_at", "=", False),
            ],
            limit=1,
        )

    def _kiosk_view(self):
        """What the screen shows of this event, and no more."""
        gate = self.gate_id
        event = self.with_context(lang=gate.lang)
        employee = event.employee_id
        view = {
            "event": event.uuid,
            "outcome": event.outcome,
            "direction": event.direction or None,
            "counts": event.state == "derived",
            "reason": event.reason or "",
            "time": event._clock(event._local(event.captured_at.isoformat())),
            "delay_ms": gate.kiosk_delay_s * 1000,
            "name": None,
            "avatar": None,
            "hours_today": None,
            "can_correct": event._kiosk_may_correct(),
        }
        if not employee:
            return view
        return view | {
            "name": employee.name,
            "avatar": image_data_uri(employee.avatar_256),
            "hours_today": float_round(employee.hours_today, precision_digits=2),
        }

    def _kiosk_may_correct(self):
        return (
            self.state == "derived"
            and self.outcome == "identified"
            and fields.Datetime.now() - self.captured_at <= kiosk.CORRECTABLE
            and not self.search_count(
                [("corrects_uuid", "=", self.uuid), ("company_id", "=", self.company_id.id)]
            )
        )

    def _kiosk_correct(self, kind):
        """ "Not me" (void) or "wrong direction", said by whoever stands before the kiosk.

        It becomes a compensating event and a task for HR: the kiosk cannot know who tapped.
        There is one per event: its UUID follows from the event's, so that of two taps at once
        the later one finds what the earlier one said. Said again, it stays as it is.
        """
        self.ensure_one()
        uuid = str(uuid5(_SAID_AT_KIOSK, self.uuid))
        if self.search_count([("uuid", "=", uuid), ("correction", "=", kind)], limit=1):
            return
        if kind not in (correction.VOID, correction.DIRECTION) or not self._kiosk_may_correct():
            raise UserError(self.env._("This can no longer be corrected here; please tell HR."))
        employee, gate = self.employee_id, self.gate_id
        direction = OTHER[self.direction] if kind == correction.DIRECTION else None
        said = {
            correction.VOID: self.env._("“Not me” was tapped at a kiosk"),
            correction.DIRECTION: self.env._("“Wrong direction” was tapped at a kiosk"),
        }[kind]
        now = datetime.now(UTC)
        self._record(
            [Fact("correction", employee, now, direction, self, kind, gate=gate, uuid=uuid)]
        )
        self.env["hr.face.task"]._ask(
            employee,
            employee,
            said,
            self.env._(
                "%(employee)s, %(gate)s, %(time)s UTC. It counts as was said; open the event to"
                " decide otherwise.",
                employee=employee.name,
                gate=gate.name,
                time=fields.Datetime.to_string(self.captured_at),
            ),
        )
