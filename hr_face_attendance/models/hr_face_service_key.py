import base64
import time
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..rules import jwt
from ..rules.errors import ServerError, Unsealable
from .face_sealed import SECRET_COLUMNS
from .hr_face_gate import HEARTBEAT_S

KNOWN_BEFORE_USE = timedelta(seconds=3 * HEARTBEAT_S)
"""A new key is published for this long before it signs: every service knows it by then."""
KNOWN_AFTER_USE = timedelta(seconds=jwt.PROGRAM_TTL_S + 60)
"""And the old one for as long as a token that it signed may live."""


class HrFaceServiceKey(models.Model):
    """A key that signs the tokens of the recognition service.

    There is one per database, and two for a while after a rotation. The private half is
    sealed under the master key, in columns that the ORM does not know, so that a dump of
    the database signs nothing.
    """

    _name = "hr.face.service.key"
    _inherit = "hr.face.key.secret"
    _description = "Signing Key of the Recognition Service"
    _order = "active_from desc, id desc"
    _rec_name = "kid"

    kid = fields.Char(string="Key", required=True, readonly=True)
    public_key = fields.Char(required=True, readonly=True, help="Ed25519, base64.")
    active_from = fields.Datetime(string="Signs From", required=True, readonly=True)
    expires_at = fields.Datetime(string="Published Until", readonly=True)
    _kid_unique = models.UniqueIndex("(kid)", "This key is already known.")

    @api.model
    def _public(self):
        """Every key that may have signed a token still alive, or will soon (wire/config.v1)."""
        now = fields.Datetime.now()
        keys = self.sudo().search(["|", ("expires_at", "=", False), ("expires_at", ">", now)])
        return [{"kid": key.kid, "public_key": key.public_key} for key in keys.sorted("kid")]

    @api.model
    def _ensure(self):
        """There is a key from the moment on that there is a service.

        Every token asks for it: kiosks wait for each other only while there is none.
        """
        if self._is_there():
            return
        self._lock()
        if not self._is_there():
            self._generate(fields.Datetime.now())

    @api.model
    def _is_there(self):
        return bool(self.sudo().search_count([("expires_at", "=", False)], limit=1))

    @api.model
    def _token(
        self,
        company,
        service,
        subject,
        scopes,
        ttl_s,
        *,
        gate=None,
        client=None,
        enrolment=None,
        shown=None,
    ):
        """A token for the service at the address `service`, as text.

        Args:
            shown: (employee, "pin" or "badge") of who has just shown that at a kiosk.

        Raises:
            ServerError: the key does not open, as the master key is missing or another one.
        """
        self._ensure()
        now = fields.Datetime.now()
        key = self.sudo().search(
            [
                ("active_from", "<=", now),
                "|",
                ("expires_at", "=", False),
                ("expires_at", ">", now),
            ],
            limit=1,
        )
        claims = jwt.claims_of(
            issuer=self.env["ir.config_parameter"].sudo().get_param("database.uuid"),
            audience=service,
            subject=subject,
            scopes=scopes,
            company=company.id,
            now=int(time.time()),
            ttl_s=ttl_s,
            gate=gate and gate.id,
            client=client and client.client_id,
            enrolment=enrolment,
            employee=shown and shown[0].id,
            factor=shown and shown[1],
        )
        return jwt.sign(claims, key._private(), key.kid)

    def action_rotate(self):
        """Replace the key; nobody notices, because both are known while tokens of both live."""
        self._check_may_rotate()
        self.env["hr.face.service.key"].sudo()._rotate(at_once=False)

    def action_revoke(self):
        """Replace the key now: every token ever given out is dead at the next heartbeat."""
        self._check_may_rotate()
        self.env["hr.face.service.key"].sudo()._rotate(at_once=True)

    def _check_may_rotate(self):
        if not self.env.user.has_group("hr_face_attendance.group_face_manager"):
            raise AccessError(self.env._("Only an administrator may replace the signing key."))

    @api.model
    def _rotate(self, *, at_once):
        self._lock()
        now = fields.Datetime.now()
        starts_at = now if at_once else now + KNOWN_BEFORE_USE
        old = self.search(["|", ("expires_at", "=", False), ("expires_at", ">", now)])
        old.expires_at = now if at_once else starts_at + KNOWN_AFTER_USE
        self._generate(starts_at)

    @api.model
    def _lock(self):
        self.env.cr.execute("SELECT pg_advisory_xact_lock(hashtext('hr_face_service_key'))")

    @api.model
    def _generate(self, active_from):
        private = Ed25519PrivateKey.generate()
        public = private.public_key().public_bytes_raw()
        key = self.sudo().create(
            {
                "kid": jwt.key_name(public),
                "public_key": base64.b64encode(public).decode(),
                "active_from": active_from,
            }
        )
        key._seal(private.private_bytes_raw())

    @api.model
    def _in_use(self):
        return ["|", ("expires_at", "=", False), ("expires_at", ">", fields.Datetime.now())]

    def _private(self):
        try:
            raw = self._unseal()
        except Unsealable as error:
            raise ServerError(
                "The signing key was sealed with another key file. Restore that one, or revoke the"
                " signing key to have a new one made."
            ) from error
        return Ed25519PrivateKey.from_private_bytes(raw)

    def _owner(self):
        return self._owner_bytes("signing key", self.kid)
