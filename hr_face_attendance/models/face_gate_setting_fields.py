from odoo import fields, models


def _inherited(field, **options):
    """A setting: stored, because gates are searched by it and devices ask for it often; computed
    from what each level says; and edited like any other field (see `write`)."""
    return field(
        compute="_compute_settings",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        **options,
    )


class HrFaceGateSettings(models.AbstractModel):
    """The settings of a gate, at any of the levels that may say something: company, site, gate."""

    _name = "hr.face.gate.settings"
    _description = "Settings of a Gate"
    _inherit = ["hr.face.logged"]

    own_settings = fields.Json(readonly=True, default=lambda self: {})
    setting_sources = fields.Json(compute="_compute_setting_sources")

    threshold = _inherited(
        fields.Float,
        digits=(5, 4),
        help="A face is named only from this cosine similarity on. Higher is stricter.",
    )
    margin = _inherited(
        fields.Float,
        digits=(5, 4),
        help="How much closer the best candidate must be than the second person.",
    )
    vote_k = _inherited(
        fields.Integer,
        string="Agreeing Frames",
        help="So many pictures must name the same person before the gate says who it is.",
    )
    vote_n = _inherited(
        fields.Integer,
        string="Out of Frames",
        help="The last pictures of a face that are counted for it.",
    )
    vote_within_s = _inherited(
        fields.Float,
        string="Within (s)",
        help="Pictures older than this many seconds count no more.",
    )
    refractory_s = _inherited(
        fields.Integer,
        string="Silence After (s)",
        help="Seconds during which the gate does not announce the same person again.",
    )
    min_face_px = _inherited(
        fields.Integer,
        string="Smallest Face (px)",
        help="Height in pixels below which a face is too far away to be named.",
    )
    pad = _inherited(
        fields.Selection,
        selection=[
            ("off", "Off"),
            ("passive", "Passive"),
            ("active", "Challenge"),
            ("both", "Both"),
        ],
        string="Attack Detection",
        required=True,
        help="Presentation attacks are photos, screens and masks held up to the camera.",
    )
    voice = _inherited(
        fields.Boolean,
        help="The gate speaks: it greets, says goodbye, and says why somebody is refused.",
    )
    voice_language = _inherited(
        fields.Selection,
        selection=[("gate", "The gate's language"), ("employee", "The employee's language")],
        string="Speaks",
        required=True,
        help="A language that the voice does not speak is replaced by the gate's.",
    )
    voice_greeting = _inherited(
        fields.Selection,
        selection=[("name", "By name"), ("plain", "Without a name")],
        string="Greets",
        required=True,
        help="Whether the voice says people's names aloud.",
    )
    badge = _inherited(
        fields.Selection,
        selection=[
            ("off", "Never"),
            ("ambiguous", "When two faces are too alike"),
            ("always", "Always, as a second factor"),
        ],
        string="Badge Asked For",
        required=True,
        help="Needs a badge reader at the gate. Without one, people too alike to tell apart are"
        " sent to the kiosk, and the door stays shut.",
    )
    door_pulse_s = _inherited(
        fields.Float,
        string="Opens For (s)",
        digits=(5, 1),
        help="How long the lock is released for one person.",
    )
    door_fail = _inherited(
        fields.Selection,
        selection=[("secure", "Locked (fail-secure)"), ("safe", "Open (fail-safe)")],
        string="Without Power",
        required=True,
        help="What the lock does when it has no current. It must be what the lock is built for:"
        " a wrong choice leaves the door open.",
    )
    door_several = _inherited(
        fields.Boolean,
        string="Several on One Opening",
        help="Off: each person gets an opening of their own.",
    )
    door_left_open_s = _inherited(
        fields.Float,
        string="Left Open After (s)",
        digits=(5, 0),
        help="With a door contact: from when on an open door is reported.",
    )
    kiosk_delay_s = _inherited(
        fields.Integer,
        string="Kiosk Shows the Result (s)",
        help="Seconds for which the kiosk shows who was recognised, before it looks for the next.",
    )

    _threshold_range = models.Constraint(
        "CHECK(threshold BETWEEN -1 AND 1)", "A threshold lies between -1 and 1."
    )
    _margin_range = models.Constraint(
        "CHECK(margin BETWEEN 0 AND 2)", "A margin lies between 0 and 2."
    )
    _vote_sane = models.Constraint(
        "CHECK(vote_k >= 1 AND vote_n >= vote_k AND vote_within_s > 0)",
        "At least one frame must agree, out of at least as many, within some time.",
    )
    _sizes_sane = models.Constraint(
        "CHECK(min_face_px >= 16 AND refractory_s >= 0)",
        "A face needs at least 16 pixels, and a silence cannot be negative.",
    )
    _door_times_sane = models.Constraint(
        "CHECK(door_pulse_s BETWEEN 0.2 AND 60 AND door_left_open_s BETWEEN 1 AND 3600)",
        "A door opens for 0.2 to 60 seconds, and is left open after 1 to 3,600.",
    )
    _kiosk_delay_sane = models.Constraint(
        "CHECK(kiosk_delay_s >= 1)", "A result is shown for a second at the least."
    )
