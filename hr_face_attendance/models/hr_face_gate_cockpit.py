from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import AccessError

from .hr_face_gate import LATE_AFTER, OFFLINE_AFTER


class HrFaceGate(models.Model):
    """The gate on the live page, with what an installer asks about its devices."""

    _inherit = "hr.face.gate"

    identify_asked = fields.Boolean(readonly=True, copy=False)

    def action_identify(self):
        """Have lamps and buzzer show which gate this is, with the next heartbeat."""
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group(
            "hr_face_attendance.group_face_operator"
        ):
            raise AccessError(self.env._("Only a gate operator may make a gate blink."))
        self.sudo().with_context(tracking_disable=True).identify_asked = True
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._(
                    "The lamps blink with the gate's next contact, in half a minute at the most."
                ),
            },
        }

    def _cockpit_row(self):
        self.ensure_one()
        beats = [one for one in self.device_ids if one.state in ("paired", "pairing")]
        return {
            "id": self.id,
            "name": self.name,
            "site": self.work_location_id.name or False,
            "health": self.health,
            "camera": self.camera or False,
            "fps": self.camera_fps,
            "last_contact": self._text(self.last_heartbeat_at),
            "recheck_s": self._recheck_s(),
            "door": self.door_state or False,
            "emergency": self.emergency_open,
            "troubles": self.output_troubles or False,
            "devices": [one._cockpit_row() for one in beats],
        }

    def _text(self, moment):
        return moment and fields.Datetime.to_string(moment)

    def _recheck_s(self):
        """When this gate's health would be another one, if nothing came until then; or False."""
        if not self.last_heartbeat_at:
            return False
        silent = fields.Datetime.now() - self.last_heartbeat_at
        ahead = [limit - silent for limit in (LATE_AFTER, OFFLINE_AFTER) if limit > silent]
        return (min(ahead) + timedelta(seconds=1)).total_seconds() if ahead else False
