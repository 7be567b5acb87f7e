import base64

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from odoo import api, fields, models

from ..rules.errors import ServerError, Unsealable


class HrFacePushKey(models.Model):
    """The key by which push services know this server (VAPID, RFC 8292).

    There is one, for good: every subscription is tied to it. Its private half is sealed under
    the master key. Core keeps its own such key in the clear among the system parameters; with
    that and the subscriptions, a dump of the database could write to everybody's phone.
    """

    _name = "hr.face.push.key"
    _description = "Key of Notifications"
    _inherit = "hr.face.key.secret"
    _rec_name = "public_key"

    public_key = fields.Char(
        required=True, readonly=True, help="P-256, uncompressed point, base64url."
    )

    def _owner(self):
        return self._owner_bytes("push key", self.public_key)

    @api.model
    def _ensure(self):
        """The key, made when it is first asked for. Raises ServerError without a key file.

        Once there is one nothing is locked: a push service that hangs would hold the lock, and
        everybody's page with it.
        """
        if not self._known():
            self._lock()
        return self._known() or self._generate()

    @api.model
    def _known(self):
        return self.sudo().search([], limit=1)

    @api.model
    def _lock(self):
        self.env.cr.execute("SELECT pg_advisory_xact_lock(hashtext('hr_face_push_key'))")

    @api.model
    def _generate(self):
        private = ec.generate_private_key(ec.SECP256R1())
        point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        key = self.sudo().create({"public_key": _b64url(point)})
        key._seal(private.private_numbers().private_value.to_bytes(32, "big"))
        return key

    def _private(self):
        """The private scalar: 32 bytes in base64url, as py_vapid reads it."""
        try:
            return _b64url(self._unseal())
        except Unsealable as error:
            raise ServerError(
                "The key of the notifications was sealed with another key file. Restore that one."
            ) from error


def _b64url(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
