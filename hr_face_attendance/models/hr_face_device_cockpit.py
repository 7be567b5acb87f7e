from odoo import fields, models

from .hr_face_cockpit import ASKED_ON_BUS, GATES_ON_BUS
from .hr_face_gate import LATE_AFTER, OFFLINE_AFTER


class HrFaceDevice(models.Model):
    """The device on the live page; a heartbeat says that something may have changed."""

    _inherit = "hr.face.device"

    def _api_heartbeat(self, heartbeat):
        answer = super()._api_heartbeat(heartbeat)
        channel = (self.sudo().company_id, ASKED_ON_BUS)
        self.env["bus.bus"].sudo()._sendone(channel, GATES_ON_BUS, {})
        return answer | {"identify": self._take_identify()}

    def action_open_events(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hr_face_attendance.action_face_event"
        )
        return action | {
            "domain": [("device_id", "=", self.id)],
            "context": {},
            "display_name": self.env._("Events of %s", self.name),
        }

    def _take_identify(self):
        """The gates that somebody wants to find; said once, so nothing blinks for ever."""
        gates = self.sudo().gate_ids.filtered("identify_asked")
        gates.with_context(tracking_disable=True).identify_asked = False
        return gates.ids[:100]

    def _health(self):
        """As of a gate: one of its health's keys; "none" for a device that is not paired."""
        if self.state not in ("paired", "pairing") or not self.paired_at:
            return "none"
        now, beat = fields.Datetime.now(), self.last_heartbeat_at
        if not beat or now - beat > OFFLINE_AFTER:
            return "offline"
        return "late" if now - beat > LATE_AFTER else "online"

    def _cockpit_row(self):
        self.ensure_one()
        return {
            "id": self.id,
            "name": self.name,
            "health": self._health(),
            "last_contact": self.last_heartbeat_at
            and fields.Datetime.to_string(self.last_heartbeat_at),
            "pending": self.outbox_pending,
            "parked": self.outbox_parked,
            "catching_up": self.catching_up,
            "clock_offset_ms": self.clock_offset_ms,
            "clock_uncertainty_ms": self.clock_uncertainty_ms,
            "model": self.model or False,
            "version": self.bridge_version or False,
        }
