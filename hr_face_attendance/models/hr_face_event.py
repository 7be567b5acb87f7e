from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..rules import clock, punch
from .fields import BigInteger

OUTCOMES = [
    ("identified", "Identified"),
    ("no_face", "No face"),
    ("multiple_faces", "Several faces"),
    ("low_quality", "Low quality"),
    ("presentation_attack", "Presentation attack"),
    ("no_candidate", "Stranger"),
    ("ambiguous", "Ambiguous"),
    ("refractory", "Seen just before"),
    ("no_clearance", "No clearance"),
    ("correction", "Correction"),
]
"""Those of wire/event.v1, and that of an event about another one."""
REVIEWS = [
    (clock.RECORDING_NOT_ALLOWED, "Recording at an ordinary gate"),
    (clock.CLOCK_IN_FUTURE, "Captured in the future"),
    (clock.CLOCK_BEFORE_PAIRING, "Captured before pairing"),
    (clock.CLOCK_OFFSET, "Device clock is off"),
    (clock.CLOCK_UNVERIFIED, "Device clock was never compared"),
    (clock.CLOCK_UNCERTAIN, "Device clock was compared too long ago"),
]


class HrFaceEvent(models.Model):
    """One log for every source: an immutable fact, as wire/event.v1 says it.

    Gates and kiosks send signed events in a hash chain; roll call, imported terminal
    punches and corrections are written by the server (see Fact) and have no device. Facts
    are written once, by `_ingest` and `_record` in SQL: NULL ("the source cannot know") stays
    different from zero, and a UUID that is known already is simply not inserted.
    Nobody edits them, not even the superuser. Below the facts stand a few derived
    columns, which the derivation of attendance keeps up to date.

    Deleting is redaction (hr_face_event_redact): the personal part and its salt go, UUID, device,
    sequence, hash and capture time stay, and the device's chain still verifies.
    """

    _name = "hr.face.event"
    _description = "Face Event"
    _order = "captured_at desc, id desc"
    _rec_name = "uuid"
    _log_access = False

    # Facts, as sent
    uuid = fields.Char(string="UUID", readonly=True, required=True)
    gate_id = fields.Many2one("hr.face.gate", readonly=True, ondelete="restrict")
    device_id = fields.Many2one("hr.face.device", readonly=True, ondelete="restrict")
    chain = fields.Char(readonly=True)
    seq = BigInteger(string="Number in Chain", readonly=True, aggregator=None)
    prev_hash = fields.Char(readonly=True)
    commitment = fields.Char(readonly=True, required=True)
    salt = fields.Char(readonly=True, groups=fields.NO_ACCESS)
    signature = fields.Char(readonly=True)
    captured_at = fields.Datetime(string="Captured", readonly=True, required=True)
    time_source = fields.Selection(
        [("clock", "Clock"), ("recording", "Recording")], readonly=True, required=True
    )
    boot_id = fields.Char(readonly=True)
    monotonic_ms = BigInteger(readonly=True, aggregator=None)
    clock_offset_ms = BigInteger(string="Clock Offset (ms)", readonly=True, aggregator=None)
    clock_uncertainty_ms = BigInteger(string="Uncertainty (ms)", readonly=True, aggregator=None)
    source = fields.Selection(
        [
            ("gate", "Gate"),
            ("kiosk", "Kiosk"),
            ("roll_call", "Roll call"),
            ("terminal", "Terminal"),
            ("correction", "Correction"),
        ],
        readonly=True,
        required=True,
    )
    outcome = fields.Selection(OUTCOMES, readonly=True, required=True)
    employee_id = fields.Many2one("hr.employee", readonly=True, ondelete="set null")
    department_id = fields.Many2one(
        "hr.department",
        readonly=True,
        ondelete="set null",
        help="The person's department when the event arrived.",
    )
    template_model = fields.Char(string="Face Model", readonly=True)
    similarity = fields.Float(digits=(6, 4), readonly=True, aggregator="avg")
    margin = fields.Float(digits=(6, 4), readonly=True, aggregator="avg")
    pad = fields.Selection(
        [
            ("off", "Off"),
            ("bona_fide", "Bona fide"),
            ("attack", "Attack"),
            ("undecided", "Undecided"),
        ],
        string="Presentation Attack Check",
        readonly=True,
    )
    direction_hint = fields.Selection([("in", "In"), ("out", "Out")], readonly=True)
    evidence = fields.Json(readonly=True)
    extra = fields.Json(readonly=True)

    corrects_uuid = fields.Char(
        string="Corrects", readonly=True, help="UUID of the event that this one is about."
    )
    correction = fields.Selection(
        [("void", "Was wrong"), ("direction", "Other direction"), ("restore", "Holds after all")],
        readonly=True,
    )
    made_by_id = fields.Many2one("res.users", string="Made By", readonly=True, ondelete="set null")

    # Added on arrival, as final as the facts
    company_id = fields.Many2one("res.company", readonly=True, required=True, ondelete="restrict")
    hash = fields.Char(readonly=True, required=True)
    received_at = fields.Datetime(string="Received", readonly=True, required=True)
    gate_direction = fields.Selection(
        [("auto", "Automatic"), ("in", "Entrance"), ("out", "Exit")], readonly=True, required=True
    )
    time_review = fields.Selection(REVIEWS, readonly=True)
    evidence_text = fields.Char(string="Frames", compute="_compute_evidence_text")
    is_recording = fields.Boolean(string="Recording", compute="_compute_is_recording")

    # Derived
    state = fields.Selection(
        [
            ("derived", "Attendance"),
            ("ignored", "Ignored"),
            ("review", "To review"),
            ("none", "No attendance"),
        ],
        string="Effect",
        readonly=True,
        required=True,
    )
    direction = fields.Selection([("in", "In"), ("out", "Out")], readonly=True)
    reason_code = fields.Char(readonly=True)
    reason_params = fields.Json(readonly=True)
    reason = fields.Char(compute="_compute_reason")
    flag = fields.Selection(
        [(punch.TOO_EARLY, "Too early"), (punch.TOO_LATE, "Too late")],
        readonly=True,
        help="It counts all the same.",
    )
    attendance_id = fields.Many2one(
        "hr.attendance", readonly=True, ondelete="set null", index="btree_not_null"
    )

    # Redaction
    redacted_at = fields.Datetime(string="Redacted", readonly=True)
    redacted_by_id = fields.Many2one("res.users", readonly=True)
    redaction_reason = fields.Char(readonly=True)

    _uuid_unique = models.UniqueIndex("(company_id, uuid)", "This event is already known.")
    _employee_captured_idx = models.Index(
        "(employee_id, captured_at) WHERE employee_id IS NOT NULL"
    )
    _gate_captured_idx = models.Index("(gate_id, captured_at DESC)")
    _company_captured_idx = models.Index("(company_id, captured_at DESC)")
    _chain_idx = models.Index("(device_id, chain, seq)")
    _corrects_idx = models.Index("(employee_id) WHERE corrects_uuid IS NOT NULL")
    _by_device_or_by_us = models.Constraint(
        "CHECK (num_nulls(gate_id, device_id, chain, seq, prev_hash, signature, boot_id,"
        " monotonic_ms) = 0 OR (num_nonnulls(device_id, chain, seq, prev_hash, signature) = 0"
        " AND source IN ('roll_call', 'terminal', 'correction')))",
        "An event is a device's, with its place in the chain, or made here.",
    )
    _corrects_something = models.Constraint(
        "CHECK (num_nulls(corrects_uuid, correction) IN (0, 2)"
        " AND (outcome = 'correction') = (corrects_uuid IS NOT NULL))",
        "A correction says what it corrects, and how.",
    )

    @api.depends("evidence")
    def _compute_evidence_text(self):
        for event in self:
            evidence = event.evidence or {}
            known = all(name in evidence for name in ("votes", "frames", "face_px"))
            event.evidence_text = known and self.env._(
                "%(votes)s of %(frames)s frames agree, face %(face_px)s px high",
                **{name: evidence[name] for name in ("votes", "frames", "face_px")},
            )

    @api.depends("time_source")
    def _compute_is_recording(self):
        for event in self:
            event.is_recording = event.time_source == "recording"

    @api.depends("employee_id", "outcome", "gate_id", "source")
    def _compute_display_name(self):
        outcomes, sources = (
            dict(self._fields[name]._description_selection(self.env))
            for name in ("outcome", "source")
        )
        for event in self:
            who = event.employee_id.name or outcomes.get(event.outcome, "")
            where = event.gate_id.name or sources.get(event.source, "")
            event.display_name = f"{where}, {who}"

    def action_open_person(self):
        return self.employee_id.action_face_open_person()

    @api.model_create_multi
    def create(self, vals_list):
        raise AccessError(self.env._("Events come from devices; they are not made by hand."))

    def write(self, vals):
        raise AccessError(self.env._("Events are facts; they cannot be edited."))

    def copy(self, default=None):
        raise UserError(self.env._("Events are facts; they cannot be duplicated."))


def wire_name(name):
    """The column of a wire field."""
    return {"gate": "gate_id", "device": "device_id", "employee": "employee_id"}.get(name, name)
