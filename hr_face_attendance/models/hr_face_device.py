from datetime import UTC, datetime, timedelta
from uuid import uuid4

from odoo import Command, api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, sql

from ..rules import pairing
from ..rules.errors import CodeExpired, DeviceRevoked, InvalidCode, InvalidToken, TokenExpired

TOKEN_DAYS_PARAMETER = "hr_face_attendance.token_days"
TOKEN_DAYS = 365


class HrFaceDevice(models.Model):
    """A bridge: its pairing, its keys and its health.

    The hashes of token and pairing code live in columns that the ORM does not know
    (as auth_passkey keeps its keys), so that no domain, export or traversal reads them.
    """

    _name = "hr.face.device"
    _description = "Device"
    _inherit = ["mail.thread"]
    _order = "name, id"

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    gate_ids = fields.Many2many("hr.face.gate", string="Gates", check_company=True)
    work_location_ids = fields.Many2many(
        "hr.work.location",
        string="Only People of Sites",
        check_company=True,
        help="Limits the gallery of this device to employees of these sites. Empty: everyone"
        " who consented.",
    )
    may_enrol = fields.Boolean(
        string="Registration Station",
        tracking=True,
        copy=False,
        help="This device may send templates of employees who consented.",
    )
    state = fields.Selection(
        [("new", "New"), ("pairing", "Waiting for code"), ("paired", "Paired"), ("revoked", "Revoked")],
        default="new",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    code_expires_at = fields.Datetime(string="Code Valid Until", readonly=True, copy=False)
    token_expires_at = fields.Datetime(string="Token Valid Until", readonly=True, copy=False)
    paired_at = fields.Datetime(string="Paired", readonly=True, copy=False)
    signing_key = fields.Char(readonly=True, copy=False, help="Ed25519 public key, base64.")
    encryption_key = fields.Char(readonly=True, copy=False, help="X25519 public key, base64.")
    chain = fields.Char(readonly=True, copy=False, help="The hash chain begun at pairing.")
    chain_ids = fields.One2many("hr.face.device.chain", "device_id", string="Pairings", copy=False)

    last_heartbeat_at = fields.Datetime(string="Last Contact", readonly=True, copy=False)
    clock_offset_ms = fields.Integer(string="Clock Offset", readonly=True, copy=False)
    clock_uncertainty_ms = fields.Integer(string="Uncertainty", readonly=True, copy=False)
    bridge_version = fields.Char(readonly=True, copy=False)
    platform = fields.Char(readonly=True, copy=False)
    model = fields.Char(string="Face Model", readonly=True, copy=False)
    outbox_pending = fields.Integer(string="Waiting", readonly=True, copy=False)
    outbox_parked = fields.Integer(string="Parked", readonly=True, copy=False)
    delivered_through = fields.Datetime(readonly=True, copy=False)
    gallery_cursor = fields.Char(readonly=True, copy=False)
    last_seq = fields.Char(string="Last Event Number", compute="_compute_last_seq")

    def init(self):
        super().init()
        for column in ("token_hash", "code_hash", "code_salt"):
            if not sql.column_exists(self.env.cr, self._table, column):
                self.env.cr.execute(
                    SQL("ALTER TABLE hr_face_device ADD COLUMN %s varchar", SQL.identifier(column))
                )
        self.env.cr.execute(
            "CREATE UNIQUE INDEX IF NOT EXISTS hr_face_device_token_hash_unique"
            " ON hr_face_device (token_hash) WHERE token_hash IS NOT NULL"
        )

    @api.constrains("company_id", "gate_ids")
    def _check_gates_company(self):
        for device in self:
            if device.gate_ids.company_id - device.company_id:
                raise ValidationError(
                    self.env._("%s and its gates belong to different companies.", device.name)
                )

    @api.constrains("company_id")
    def _check_events_company(self):
        if self.env["hr.face.event"].sudo().search_count(
            [("device_id", "in", self.ids), ("company_id", "not in", self.company_id.ids)], limit=1
        ):
            raise ValidationError(self.env._("A device with events stays with its company."))

    def _compute_last_seq(self):
        # Not stored: a counter here would collide with every heartbeat.
        for device in self:
            self.env.cr.execute(
                SQL(
                    "SELECT max(seq) FROM hr_face_event WHERE device_id = %s AND chain = %s",
                    device.id or None,
                    device.chain or None,
                )
            )
            seq = self.env.cr.fetchone()[0]
            device.last_seq = str(seq) if seq else False

    @api.model_create_multi
    def create(self, vals_list):
        devices = super().create(vals_list)
        devices._admit_companies()
        return devices

    def write(self, vals):
        result = super().write(vals)
        if "company_id" in vals:
            self._admit_companies()
        return result

    def _admit_companies(self):
        """The technical user acts in the company of the device that calls, and in no other."""
        user = self.env.ref("hr_face_attendance.user_face_device").sudo()
        missing = self.company_id - user.company_ids
        if missing:
            user.company_ids += missing

    # Pairing

    def action_pair(self):
        """Show a one-time code; the present token stays valid until the code is redeemed."""
        self.ensure_one()
        self.check_access("write")
        code = pairing.new_code()
        self.sudo()._keep_code(code)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Pair %s", self.name),
            "res_model": "hr.face.pair.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_device_id": self.id,
                "default_code": code,
                "dialog_size": "medium",
            },
        }

    def _keep_code(self, code):
        salt = uuid4().hex
        if self.state == "revoked":
            self._set_columns(token_hash=None)
        self.write(
            {
                "state": "pairing",
                "code_expires_at": fields.Datetime.now() + pairing.CODE_VALID_FOR,
            }
        )
        self._set_columns(code_salt=salt, code_hash=pairing.code_digest(code, salt))

    def action_revoke(self):
        """From the next call on, this device is refused."""
        self.check_access("write")
        self.sudo().write({"state": "revoked", "code_expires_at": False})
        self.sudo().chain_ids.closed = True
        for device in self:
            device._set_columns(code_hash=None, code_salt=None)

    def _set_columns(self, **values):
        """Write columns that the ORM does not know."""
        self.ensure_one()
        self.flush_recordset()
        assignments = [SQL("%s = %s", SQL.identifier(name), value) for name, value in values.items()]
        self.env.cr.execute(
            SQL("UPDATE hr_face_device SET %s WHERE id = %s", SQL(", ").join(assignments), self.id)
        )

    @api.model
    def _redeem(self, request):
        """Pair the device whose code this is (`request` from rules.wire.parse_pair).

        Returns:
            (device, token): the token exists in the clear only here.

        Raises:
            InvalidCode, CodeExpired
        """
        device = self._by_code(request.code)
        now = fields.Datetime.now()
        if device.code_expires_at < now:
            raise CodeExpired("This pairing code has expired; ask for a new one in Odoo.")
        token, chain = pairing.new_token(), str(uuid4())
        days = int(self.env["ir.config_parameter"].sudo().get_param(TOKEN_DAYS_PARAMETER, TOKEN_DAYS))
        device.write(
            {
                "state": "paired",
                "code_expires_at": False,
                "paired_at": now,
                "token_expires_at": now + timedelta(days=days),
                "signing_key": request.signing_key,
                "encryption_key": request.encryption_key,
                "bridge_version": request.bridge_version,
                "platform": request.platform,
                "chain": chain,
                "chain_ids": [
                    Command.create(
                        {"chain": chain, "signing_key": request.signing_key, "paired_at": now}
                    )
                ],
                "gallery_cursor": False,
            }
        )
        device._set_columns(
            token_hash=pairing.token_digest(token), code_hash=None, code_salt=None
        )
        return device, token

    def _by_code(self, code):
        """The device in pairing with this code, its row locked: a code is redeemed once."""
        self.env.cr.execute(
            "SELECT id, code_salt, code_hash FROM hr_face_device"
            " WHERE active AND state = 'pairing' AND code_hash IS NOT NULL"
            " ORDER BY id FOR UPDATE"
        )
        for device_id, salt, digest in self.env.cr.fetchall():
            if pairing.code_matches(code, salt, digest):
                return self.browse(device_id)
        raise InvalidCode("This pairing code is not known; ask for a new one in Odoo.")

    # Token

    @api.model
    def _by_token(self, token):
        """The device that holds this token. Call as superuser: finding it is all sudo is for.

        Raises:
            InvalidToken, TokenExpired, DeviceRevoked
        """
        self.env.cr.execute(
            "SELECT id, state, active, token_expires_at FROM hr_face_device WHERE token_hash = %s",
            [pairing.token_digest(token)],
        )
        row = self.env.cr.fetchone()
        if not row:
            raise InvalidToken("This device token is not known; pair the device again.")
        device_id, state, active, expires_at = row
        if state == "revoked" or not active:
            raise DeviceRevoked("This device has been revoked in Odoo.")
        if not expires_at or expires_at < datetime.now(UTC).replace(tzinfo=None):
            raise TokenExpired(
                f"This device token expired on {expires_at:%Y-%m-%d}; pair the device again."
            )
        return self.browse(device_id)
