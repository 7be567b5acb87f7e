from odoo import api, fields, models
from odoo.exceptions import AccessError

DOOR_STATES = [
    ("locked", "Locked"),
    ("released", "Released"),
    ("emergency", "Open (emergency)"),
    ("left_open", "Left open"),
    ("forced", "Opened without leave"),
]


class HrFaceGate(models.Model):
    """What a gate does with its answers: voice, door, badge reader."""

    _inherit = "hr.face.gate"

    emergency_open = fields.Boolean(string="Emergency", readonly=True, copy=False, tracking=True)
    emergency_since = fields.Datetime(string="Open Since", readonly=True, copy=False)
    emergency_by_id = fields.Many2one("res.users", string="Opened By", readonly=True, copy=False)
    door_state = fields.Selection(
        DOOR_STATES,
        string="Door",
        readonly=True,
        copy=False,
        help="What the door does, as its device said last.",
    )
    output_troubles = fields.Char(readonly=True, copy=False, help="Codes, as the bridge says them.")
    output_trouble_text = fields.Char(string="Out of Order", compute="_compute_output_trouble_text")

    @api.depends("output_troubles")
    @api.depends_context("lang")
    def _compute_output_trouble_text(self):
        outputs = {
            "door": self.env._("the door's relay"),
            "voice": self.env._("the voice"),
            "green": self.env._("the green lamp"),
            "red": self.env._("the red lamp"),
            "buzzer": self.env._("the buzzer"),
        }
        for gate in self:
            codes = [code.rpartition("_") for code in (gate.output_troubles or "").split(", ")]
            gate.output_trouble_text = ", ".join(
                self.env._("%s does not answer", outputs.get(name, name))
                if why == "stuck"
                else self.env._("%s does not work", outputs.get(name, name))
                for name, _, why in codes
                if why
            )

    def action_emergency_open(self):
        """These doors stand open from the next heartbeat of their bridge on."""
        self._set_emergency(True)

    def action_emergency_close(self):
        self._set_emergency(False)

    def _set_emergency(self, is_open):
        """A state, not a command: the bridge hears it with every answer to its own question, so
        it cannot be lost, and there is nothing that could be recorded and sent again."""
        if not self.env.su and not self.env.user.has_group(
            "hr_face_attendance.group_face_operator"
        ):
            raise AccessError(self.env._("Only a gate operator may open a door in an emergency."))
        self.check_access("read")
        self.filtered(lambda gate: gate.emergency_open != is_open).sudo().write(
            {
                "emergency_open": is_open,
                "emergency_since": fields.Datetime.now() if is_open else False,
                "emergency_by_id": self.env.uid if is_open else False,
            }
        )

    def _keep_outputs(self, health):
        self.write(
            {
                "door_state": health.door or False,
                "output_troubles": ", ".join(health.troubles) or False,
            }
        )

    def _wire(self):
        return super()._wire() | {
            "speech": {"language": self.voice_language, "greeting": self.voice_greeting},
            "badge": self.badge,
            "door": {
                "pulse_s": round(self.door_pulse_s, 1),
                "fail": self.door_fail,
                "several": self.door_several,
                "left_open_s": round(self.door_left_open_s, 1),
                "emergency": self.emergency_open,
            },
        }
