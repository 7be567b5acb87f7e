from datetime import UTC, datetime, timedelta
from uuid import uuid4

from odoo import Command, api, fields, models
from odoo.tools import SQL

from ..rules import pairing
from ..rules.errors import CodeExpired, DeviceRevoked, InvalidCode, InvalidToken, TokenExpired

DAYS_PARAMETER = "hr_face_attendance.token_days"
DAYS = 365


class HrFaceDevice(models.Model):
    """Pairing by a one-time code, and the token that comes of it."""

    _inherit = "hr.face.device"

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
        now = fields.Datetime.now()
        self.sudo().write({"state": "revoked", "revoked_at": now, "code_expires_at": False})
        self.sudo().chain_ids.closed = True
        for device in self:
            device._set_columns(code_hash=None, code_salt=None)

    def _set_columns(self, **values):
        """Write columns that the ORM does not know."""
        self.ensure_one()
        self.flush_recordset()
        assignments = [
            SQL("%s = %s", SQL.identifier(name), value) for name, value in values.items()
        ]
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
        days = int(self.env["ir.config_parameter"].sudo().get_param(DAYS_PARAMETER, DAYS))
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
        device._set_columns(token_hash=pairing.token_digest(token), code_hash=None, code_salt=None)
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

    @api.model
    def _by_token(self, token):
        """The device that holds this token, and the id of its company.

        Call as superuser: finding it is all sudo is for. The record is not read: what may
        be waited for makes a later transaction read it anyway.

        Raises:
            InvalidToken, TokenExpired, DeviceRevoked
        """
        self.env.cr.execute(
            "SELECT id, company_id, state, active, CASE WHEN token_hash = %(hash)s"
            " THEN token_expires_at ELSE least(token_expires_at, token_before_until) END"
            " FROM hr_face_device WHERE token_hash = %(hash)s OR token_hash_before = %(hash)s",
            {"hash": pairing.token_digest(token)},
        )
        row = self.env.cr.fetchone()
        if not row:
            raise InvalidToken("This device token is not known; pair the device again.")
        device_id, company_id, state, active, expires_at = row
        if state == "revoked" or not active:
            raise DeviceRevoked("This device has been revoked in Odoo.")
        if not expires_at or expires_at < datetime.now(UTC).replace(tzinfo=None):
            raise TokenExpired(
                f"This device token expired on {expires_at:%Y-%m-%d}; pair the device again."
            )
        return self.browse(device_id), company_id
