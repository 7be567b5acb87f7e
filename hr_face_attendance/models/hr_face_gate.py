from datetime import datetime, time, timedelta

import pytz
from odoo import api, fields, models
from odoo.addons.base.models.res_partner import _tz_get
from odoo.exceptions import AccessError, ValidationError

HEARTBEAT_S = 30
LATE_AFTER = timedelta(seconds=3 * HEARTBEAT_S)
OFFLINE_AFTER = timedelta(minutes=10)
CAMERA_STATES = [
    ("ok", "Running"),
    ("starting", "Starting"),
    ("stalled", "Stalled"),
    ("lost", "Lost"),
    ("ended", "Recording ended"),
]


class HrFaceGate(models.Model):
    """A place with a camera: what counts there, and how strictly."""

    _name = "hr.face.gate"
    _description = "Gate"
    _inherit = ["hr.face.gate.settings"]
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(
        required=True,
        tracking=True,
        help="What people call this place: it is shown at the kiosk, in events and in messages.",
    )
    active = fields.Boolean(default=True, tracking=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        help="The company whose people pass here; a gate belongs to one.",
    )
    work_location_id = fields.Many2one(
        "hr.work.location",
        string="Site",
        check_company=True,
        index="btree_not_null",
        tracking=True,
        help="Where the gate is. Its settings, and who is expected there, follow from the site.",
    )
    tz = fields.Selection(
        _tz_get,
        string="Time Zone",
        required=True,
        default=lambda self: self.env.company.partner_id.tz or self.env.user.tz or "UTC",
        tracking=True,
        help="The time of day that counts here: for shifts, clearance and what is shown.",
    )
    lang = fields.Selection(
        lambda self: self.env["res.lang"].get_installed(),
        string="Language",
        required=True,
        default=lambda self: self.env.company.partner_id.lang or self.env.lang or "en_US",
        tracking=True,
        help="Language of the voice and of the reasons shown at the gate.",
    )
    direction = fields.Selection(
        [("auto", "Automatic"), ("in", "Entrance"), ("out", "Exit")],
        required=True,
        default="auto",
        tracking=True,
        help="Automatic: decided by the person's schedule and last punch.",
    )
    recording = fields.Boolean(
        tracking=True,
        copy=False,
        help="Accept the times of a recorded video as captured times. For demonstrations and"
        " for footage of a day that is over; everything it shows is marked as a recording.",
    )
    clearance_rule_ids = fields.Many2many(
        "hr.face.clearance.rule",
        string="Clearance",
        check_company=True,
        copy=False,
        context={"active_test": False},
        tracking=True,
        help="Who may pass here, and when. Without a rule everyone enrolled may.",
    )
    who_passes = fields.Selection(
        [
            ("everyone", "Everyone enrolled"),
            ("rules", "Whom a rule lets pass"),
            ("nobody", "Nobody: every rule is archived"),
        ],
        string="Who May Pass",
        compute="_compute_who_passes",
    )
    device_ids = fields.Many2many(
        "hr.face.device",
        string="Devices",
        check_company=True,
        copy=False,
        tracking=True,
        help="The computers that look through this gate's camera and open its door.",
    )

    camera = fields.Selection(
        CAMERA_STATES,
        readonly=True,
        copy=False,
        help="What the gate's camera does, as its device said last.",
    )
    camera_fps = fields.Float(
        string="Frames per Second",
        readonly=True,
        copy=False,
        digits=(5, 1),
        help="Pictures per second that are looked at; a few are enough.",
    )
    last_frame_at = fields.Datetime(string="Last Frame", readonly=True, copy=False)
    health = fields.Selection(
        [("online", "Online"), ("late", "Late"), ("offline", "Offline"), ("none", "No device")],
        compute="_compute_health",
        help="Late: no contact for a minute and a half, or the camera is lost. Offline: for ten minutes.",
    )
    last_heartbeat_at = fields.Datetime(
        string="Last Contact",
        compute="_compute_health",
        help="When a device of this gate was last heard of.",
    )

    @api.depends("device_ids.state", "device_ids.last_heartbeat_at", "camera")
    def _compute_health(self):
        now = fields.Datetime.now()
        for gate in self:
            devices = gate.device_ids.filtered(lambda device: device.state in ("paired", "pairing"))
            beats = [beat for beat in devices.mapped("last_heartbeat_at") if beat]
            gate.last_heartbeat_at = max(beats, default=False)
            if not devices:
                gate.health = "none"
            elif not beats or now - gate.last_heartbeat_at > OFFLINE_AFTER:
                gate.health = "offline"
            elif now - gate.last_heartbeat_at > LATE_AFTER or gate.camera in ("stalled", "lost"):
                gate.health = "late"
            else:
                gate.health = "online"

    @api.depends("clearance_rule_ids.active")
    def _compute_who_passes(self):
        for gate in self:
            rules = gate._clearance_rules()
            if not rules:
                gate.who_passes = "everyone"
            else:
                gate.who_passes = "rules" if any(rules.mapped("active")) else "nobody"

    def _clearance_rules(self):
        """The rules that count here: the active ones, or else the archived ones, which let nobody
        pass. Whoever puts a rule away must not open the gate to everyone by it."""
        rules = self.clearance_rule_ids.sorted("id")
        return rules.filtered("active") or rules

    @api.constrains("company_id")
    def _check_events_company(self):
        if (
            self.env["hr.face.event"]
            .sudo()
            .search_count(
                [("gate_id", "in", self.ids), ("company_id", "not in", self.company_id.ids)],
                limit=1,
            )
        ):
            raise ValidationError(self.env._("A gate with events stays with its company."))

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get("recording") for vals in vals_list):
            self._check_may_mark_recording()
        return super().create(vals_list)

    def write(self, vals):
        if "recording" in vals:
            self._check_may_mark_recording()
        return super().write(vals)

    def _check_may_mark_recording(self):
        """Times of a recording become paid time: not a matter of ordinary configuration."""
        if not self.env.su and not self.env.user.has_group("hr_face_attendance.group_face_manager"):
            raise AccessError(self.env._("Only an administrator may mark a gate as a recording."))

    def _settings_depend_on(self):
        return (*super()._settings_depend_on(), "work_location_id")

    def action_open_events(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hr_face_attendance.action_face_event"
        )
        return action | {
            "domain": [("gate_id", "=", self.id)],
            "context": {},
            "display_name": self.env._("Events at %s", self.name),
        }

    def action_open_today(self):
        return self.action_open_events() | {"context": {"search_default_today": 1}}

    def _wire(self):
        """This gate as in wire/config.v1."""
        self.ensure_one()
        return {
            "id": self.id,
            "name": self.name,
            "timezone": self.tz,
            "language": self.lang.replace("_", "-"),
            "direction": self.direction,
            "recording": self.recording,
            "threshold": round(self.threshold, 4),
            "margin": round(self.margin, 4),
            "vote": {"k": self.vote_k, "n": self.vote_n, "within_s": self.vote_within_s},
            "refractory_s": self.refractory_s,
            "min_face_px": self.min_face_px,
            "pad": self.pad,
            "voice": self.voice,
            "clearance": [rule._wire() for rule in self._clearance_rules()],
        }


def _midnight(tz):
    """The start of today in `tz`, as naive UTC."""
    zone = pytz.timezone(tz)
    local = datetime.combine(datetime.now(zone).date(), time.min)
    return zone.localize(local).astimezone(pytz.utc).replace(tzinfo=None)
