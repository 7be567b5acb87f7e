from datetime import UTC

from odoo import api, fields, models

from ..rules.chain import is_signed
from ..rules.errors import Malformed

LEVELS = [("skipped", "Not checked"), ("ok", "In order"), ("warn", "Warning"), ("fail", "Failed")]
CHECKS = [
    ("camera", "Camera"),
    ("frame_rate", "Frame Rate"),
    ("light", "Light"),
    ("face_size", "Face at the Mark"),
    ("latency", "Time to Outcome"),
    ("clock", "Clock"),
    ("disk", "Disk"),
    ("weights", "Face Model"),
    ("server", "Server"),
    ("voice", "Voice"),
    ("relay", "Door Relay"),
]


class HrFaceCommissioning(models.Model):
    """What `device-bridge doctor` found at a gate, as the device signed it. Never changed."""

    _name = "hr.face.commissioning"
    _description = "Commissioning Sheet"
    _order = "made_at desc, id desc"
    _rec_name = "made_at"

    gate_id = fields.Many2one(
        "hr.face.gate", required=True, readonly=True, index=True, ondelete="cascade"
    )
    device_id = fields.Many2one("hr.face.device", required=True, readonly=True, ondelete="restrict")
    company_id = fields.Many2one(related="gate_id.company_id", store=True, index=True)
    uuid = fields.Char(required=True, readonly=True)
    made_at = fields.Datetime(string="Examined", required=True, readonly=True)
    machine = fields.Char(string="Measured on", readonly=True)
    bridge_version = fields.Char(readonly=True)
    verdict = fields.Selection(LEVELS, required=True, readonly=True)
    line_ids = fields.One2many("hr.face.commissioning.line", "sheet_id", readonly=True)
    digest = fields.Char(
        string="Fingerprint",
        required=True,
        readonly=True,
        help="SHA-256 of the sheet as the device signed it.",
    )
    signature = fields.Char(required=True, readonly=True, help="Ed25519 by the device's key.")

    _uuid_unique = models.UniqueIndex("(device_id, uuid)")

    @api.depends("gate_id", "made_at")
    def _compute_display_name(self):
        for sheet in self:
            made_at = fields.Datetime.context_timestamp(sheet, sheet.made_at)
            sheet.display_name = f"{sheet.gate_id.name}, {made_at:%Y-%m-%d %H:%M}"

    @api.model
    def _receive(self, device, sheet):
        """Keep a sheet of rules.wire_sheet.parse_sheet; answers wire/doctor_result.v1.

        Raises Malformed: the gate is not the device's, or the signature is not.
        """
        gate = device.gate_ids.filtered(lambda gate: gate.id == sheet.gate)
        if not gate:
            raise Malformed("gate", "This device does not serve that gate.")
        if not is_signed(sheet.digest, sheet.signature, device.signing_key or ""):
            raise Malformed("signature", "The signature is not by this device's key.")
        if self.search_count([("device_id", "=", device.id), ("uuid", "=", sheet.uuid)], limit=1):
            return {"status": "duplicate"}
        self.create(
            {
                "gate_id": gate.id,
                "device_id": device.id,
                "uuid": sheet.uuid,
                "made_at": sheet.made_at.astimezone(UTC).replace(tzinfo=None),
                "machine": sheet.machine,
                "bridge_version": sheet.bridge_version,
                "verdict": sheet.verdict,
                "digest": sheet.digest,
                "signature": sheet.signature,
                "line_ids": [
                    fields.Command.create(
                        {
                            "sequence": number,
                            "check_name": found.check,
                            "level": found.level,
                            "text": found.text,
                            "advice": found.advice,
                            "value": found.value or 0,
                            "unit": found.unit,
                        }
                    )
                    for number, found in enumerate(sheet.findings)
                ],
            }
        )
        return {"status": "accepted"}


class HrFaceCommissioningLine(models.Model):
    """One check of a sheet."""

    _name = "hr.face.commissioning.line"
    _description = "Check of a Commissioning Sheet"
    _order = "sequence, id"
    _rec_name = "check_name"

    sheet_id = fields.Many2one(
        "hr.face.commissioning", required=True, readonly=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(readonly=True)
    check_name = fields.Selection(CHECKS, string="Check", required=True, readonly=True)
    level = fields.Selection(LEVELS, string="Result", required=True, readonly=True)
    text = fields.Text(string="Found", readonly=True)
    advice = fields.Text(string="What to Do", readonly=True)
    value = fields.Float(readonly=True, digits=(16, 4))
    unit = fields.Char(readonly=True)
