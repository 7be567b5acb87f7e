from odoo import models

from .hr_face_cockpit import ASKED_ON_BUS, GATES_ON_BUS


class HrFaceDevice(models.Model):
    """The device on the live page; a heartbeat says that something may have changed."""

    _inherit = "hr.face.device"

    def _api_heartbeat(self, heartbeat):
        answer = super()._api_heartbeat(heartbeat)
        channel = (self.sudo().company_id, ASKED_ON_BUS)
        self.env["bus.bus"].sudo()._sendone(channel, GATES_ON_BUS, {})
        return answer

    def _cockpit_row(self):
        self.ensure_one()
        return {
            "id": self.id,
            "name": self.name,
            "pending": self.outbox_pending,
            "parked": self.outbox_parked,
            "catching_up": self.catching_up,
            "clock_offset_ms": self.clock_offset_ms,
            "clock_uncertainty_ms": self.clock_uncertainty_ms,
            "model": self.model or False,
            "version": self.bridge_version or False,
        }
