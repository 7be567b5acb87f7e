import base64
import os
from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.tools import SQL, sql

from ..rules import chain
from ..rules.canonical import canonical
from ..rules.errors import Malformed, NotAllowed
from .hr_face_device_api import utc_text
from .hr_face_device_pairing import DAYS, DAYS_PARAMETER

OVERLAP = timedelta(hours=1)
"""How long the token before is still taken: calls under way, and programs beside the daemon."""
BEFORE_EXPIRY = timedelta(days=30)
"""A device is told to take a new token when its own has so long to live."""
SECRET_BYTES = 32


class HrFaceDevice(models.Model):
    """A new token, and new keys, while everything runs.

    The device makes them and sends what Odoo must know: the token's hash, public keys. So an
    answer that is lost changes nothing: the device asks again with either token. The request
    is signed with the device's key, because a stolen token alone must not lock it out.
    """

    _inherit = "hr.face.device"

    rotation_asked = fields.Selection(
        [("token", "Token"), ("keys", "Token and keys")], readonly=True, copy=False
    )

    def init(self):
        super().init()
        for column, kind in (
            ("token_hash_before", "varchar"),
            ("token_before_until", "timestamp"),
            ("storage_secret", "bytea"),
        ):
            if not sql.column_exists(self.env.cr, self._table, column):
                self.env.cr.execute(
                    SQL(
                        "ALTER TABLE hr_face_device ADD COLUMN %s %s",
                        SQL.identifier(column),
                        SQL(kind),
                    )
                )
        self.env.cr.execute(
            "CREATE INDEX IF NOT EXISTS hr_face_device_token_hash_before"
            " ON hr_face_device (token_hash_before) WHERE token_hash_before IS NOT NULL"
        )

    def action_rotate_token(self):
        """Have the device take a new token with its next heartbeat."""
        return self._ask_rotation("token")

    def action_rotate_keys(self):
        """Have the device make new keys as well; its events go on in a new chain."""
        return self._ask_rotation("keys")

    def _ask_rotation(self, what):
        self.check_access("write")
        self.sudo().filtered(lambda device: device.state == "paired").rotation_asked = what
        return self._at_next_contact()

    def _rotation_due(self):
        """What the device is told to renew: "token", "keys" or None."""
        if self.rotation_asked:
            return self.rotation_asked
        expires_at = self.token_expires_at
        return (
            "token" if expires_at and expires_at < fields.Datetime.now() + BEFORE_EXPIRY else None
        )

    def _api_rotation(self, asked):
        """Take the device's new token, and keys. As superuser.

        Raises:
            NotAllowed: not signed by this device.
            Malformed: the token or the chain is somebody else's already.
        """
        self._check_proof(asked)
        self.env.cr.execute(
            "SELECT token_hash FROM hr_face_device WHERE id = %s FOR UPDATE", [self.id]
        )
        [(present,)] = self.env.cr.fetchall()
        if present != asked.token_sha256:
            self._check_unused(asked)
            self._take_token(present, asked.token_sha256)
            if asked.keys is not None:
                self._take_keys(asked.keys)
        return {"token_expires_at": utc_text(self.token_expires_at)}

    def _check_proof(self, asked):
        digest = chain.sha256_hex(canonical(asked.signed))
        keys = self.chain_ids.filtered(lambda link: not link.closed).mapped("signing_key")
        if not any(chain.is_signed(digest, asked.proof, key) for key in keys):
            raise NotAllowed("The request is not signed with this device's key.")

    def _check_unused(self, asked):
        self.env.cr.execute(
            "SELECT 1 FROM hr_face_device WHERE token_hash = %s OR token_hash_before = %s",
            [asked.token_sha256] * 2,
        )
        if self.env.cr.fetchone():
            raise Malformed("token_sha256", "This token is in use already.")
        links = self.env["hr.face.device.chain"]
        if asked.keys and links.search_count([("chain", "=", asked.keys.chain)], limit=1):
            raise Malformed("keys.chain", "This chain exists already.")

    def _take_token(self, present, digest):
        now = fields.Datetime.now()
        days = int(self.env["ir.config_parameter"].get_param(DAYS_PARAMETER, DAYS))
        before = {"token_hash_before": present, "token_before_until": now + OVERLAP}
        self.write({"token_expires_at": now + timedelta(days=days), "rotation_asked": False})
        self._set_columns(token_hash=digest, **before)

    def _take_keys(self, keys):
        """The chain before stays open: events that it signed are still on their way."""
        self.write(
            {
                "signing_key": keys.signing_key,
                "encryption_key": keys.encryption_key,
                "chain": keys.chain,
                "chain_ids": [
                    Command.create(
                        {
                            "chain": keys.chain,
                            "signing_key": keys.signing_key,
                            "paired_at": fields.Datetime.now(),
                        }
                    )
                ],
                "gallery_cursor": False,
            }
        )

    def _api_unlock(self):
        """Odoo's half of the key to what lies on the device's disk; made at the first call.

        The other half never leaves the device. Whoever has the device's disk, or a dump of
        this database, has one half. Revoking destroys this one.
        """
        self.env.cr.execute(
            "UPDATE hr_face_device SET storage_secret = coalesce(storage_secret, %s)"
            " WHERE id = %s RETURNING storage_secret",
            [os.urandom(SECRET_BYTES), self.id],
        )
        [(secret,)] = self.env.cr.fetchall()
        return {"secret": base64.b64encode(bytes(secret)).decode()}

    def action_revoke(self):
        result = super().action_revoke()
        for device in self:
            device.sudo()._set_columns(storage_secret=None, token_hash_before=None)
        return result

    @api.model
    def _redeem(self, request):
        device, token = super()._redeem(request)
        device._set_columns(token_hash_before=None, token_before_until=None)
        return device, token
