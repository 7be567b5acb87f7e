import base64
import secrets
import time
from datetime import UTC, datetime, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, sql

from ..rules import jwt, pairing
from ..rules.errors import InvalidClient, InvalidToken, NotAllowed
from .hr_face_device_api import utc_text

ID_MARK, SECRET_MARK = "fc_", "fs_"
NOTED_EVERY = timedelta(minutes=1)


class HrFaceClient(models.Model):
    """A program that may ask the recognition service: a door controller, a monitoring system.

    It shows its secret here to get tokens for an hour. The secret's hash is in a column that
    the ORM does not know; the secret itself is shown once.
    """

    _name = "hr.face.client"
    _description = "Client of the Recognition Service"
    _inherit = ["mail.thread"]
    _order = "name, id"

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(
        default=True,
        tracking=True,
        help="An archived client is refused from the next heartbeat on.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    client_id = fields.Char(
        string="Client Id",
        required=True,
        readonly=True,
        copy=False,
        default=lambda self: ID_MARK + secrets.token_hex(12),
    )
    gate_id = fields.Many2one(
        "hr.face.gate",
        check_company=True,
        tracking=True,
        index="btree_not_null",
        help="Where this program stands: that gate's rules count, and whoever it identifies is an"
        " event there. Empty: it is told who somebody is, and nothing is written.",
    )
    may_identify = fields.Boolean(string="Identify", tracking=True, help="Who is on a picture.")
    may_verify = fields.Boolean(
        string="Verify", tracking=True, help="Whether a picture shows a certain employee."
    )
    may_embed = fields.Boolean(
        string="Embed", tracking=True, help="Templates of the faces in a picture. Biometric data."
    )
    may_enrol = fields.Boolean(string="Enrol", tracking=True)
    may_rollcall = fields.Boolean(string="Roll Call", tracking=True)
    may_metrics = fields.Boolean(
        string="Metrics", tracking=True, help="Figures for a monitoring system; they name nobody."
    )
    is_odoo = fields.Boolean(
        string="Odoo Itself",
        readonly=True,
        copy=False,
        help="Odoo's own calls: imports, roll calls. It needs no secret; archived, they stop.",
    )
    secret_at = fields.Datetime(string="Secret Made", readonly=True, copy=False)
    last_used_at = fields.Datetime(string="Last Used", readonly=True, copy=False)

    _one_odoo = models.UniqueIndex("(company_id) WHERE is_odoo")
    _client_id_unique = models.UniqueIndex("(client_id)", "This client is already known.")

    def init(self):
        super().init()
        if not sql.column_exists(self.env.cr, self._table, "secret_hash"):
            self.env.cr.execute("ALTER TABLE hr_face_client ADD COLUMN secret_hash varchar")

    def action_new_secret(self):
        """Show a new secret, this once; tokens are given for it alone from now on."""
        self.ensure_one()
        self.check_access("write")
        if self.is_odoo:
            raise UserError(self.env._("Odoo's own calls need no secret."))
        secret = SECRET_MARK + secrets.token_urlsafe(32)
        self.sudo().secret_at = fields.Datetime.now()
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE hr_face_client SET secret_hash = %s WHERE id = %s",
                pairing.token_digest(secret),
                self.id,
            )
        )
        self.message_post(body=self.env._("A new secret was made."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Secret of %s", self.name),
            "res_model": "hr.face.client.secret",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_client_id": self.id,
                "default_secret": secret,
                "dialog_size": "medium",
            },
        }

    @api.model
    def _of_odoo(self, company):
        """Odoo's own client of a company, archived or not. Call as superuser."""
        mine = [("company_id", "=", company.id), ("is_odoo", "=", True)]
        return self.with_context(active_test=False).search(mine, limit=1) or self.create(
            {
                "name": self.env._("Odoo itself"),
                "company_id": company.id,
                "is_odoo": True,
                "may_embed": True,
                "may_enrol": True,
                "may_rollcall": True,
            }
        )

    def _scopes(self):
        return [scope for scope in jwt.SCOPES if self[f"may_{scope}"]]

    @api.model
    def _by_secret(self, client_id, secret):
        """The client whose id and secret these are. Call as superuser.

        Raises:
            InvalidClient: whichever of the two is wrong, or it has been archived.
        """
        self.env.cr.execute(
            "SELECT id FROM hr_face_client WHERE active AND client_id = %s AND secret_hash = %s",
            [client_id, pairing.token_digest(secret)],
        )
        row = self.env.cr.fetchone()
        if not row:
            raise InvalidClient("This client is not known, or its secret is another one.")
        return self.browse(row[0])

    @api.model
    def _by_token(self, token, scope):
        """The client that a token of ours names, if it may do that now. Call as superuser.

        Raises:
            InvalidToken, TokenExpired: it does not hold, or its client was archived.
            NotAllowed: it is for something else, or a kiosk's.
        """
        known = self.env["hr.face.service.key"]._public()
        claims = jwt.opened(
            token,
            {one["kid"]: base64.b64decode(one["public_key"]) for one in known},
            issuer=self.env["ir.config_parameter"].get_param("database.uuid"),
            now=time.time(),
        )
        client_id = claims.get("client_id")
        if not isinstance(client_id, str) or scope not in str(claims.get("scope")).split():
            raise NotAllowed("This token is not for that.")
        client = self.search([("client_id", "=", client_id)])
        if not client or client.company_id.id != claims.get("company"):
            raise InvalidToken("This client has been revoked.")
        if scope not in client._scopes():
            raise NotAllowed("This client may not ask for that.")
        return client

    def _api_token(self, asked):
        """wire/token_result.v1

        Raises:
            NotAllowed: a scope that the client has not, or no such service.
        """
        scopes = asked.scopes or self._scopes()
        if not scopes or not set(scopes) <= set(self._scopes()):
            raise NotAllowed("This client may not ask for that.", field="scope")
        services = self.env["hr.face.device"]._services(
            self.company_id, url=asked.service, gate=self.gate_id
        )
        addresses = sorted(set(services.mapped("service_url")))
        if len(addresses) != 1:
            raise NotAllowed(
                "There are several services; name one."
                if addresses
                else "There is no such service for this client.",
                field="service",
            )
        token = self.env["hr.face.service.key"]._token(
            self.company_id,
            addresses[0],
            self.client_id,
            scopes,
            jwt.PROGRAM_TTL_S,
            gate=self.gate_id,
            client=self,
        )
        self._note_use()
        expires_at = datetime.now(UTC) + timedelta(seconds=jwt.PROGRAM_TTL_S)
        return {
            "token": token,
            "token_type": "Bearer",
            "expires_at": utc_text(expires_at),
            "scope": list(scopes),
            "service": addresses[0],
        }

    def _note_use(self):
        now = fields.Datetime.now()
        if not self.last_used_at or now - self.last_used_at > NOTED_EVERY:
            self.with_context(tracking_disable=True).last_used_at = now


class HrFaceClientSecret(models.TransientModel):
    """Shows a client's secret, this once: the client keeps only its hash."""

    _name = "hr.face.client.secret"
    _description = "Secret of a Client"

    client_id = fields.Many2one("hr.face.client", required=True, readonly=True, ondelete="cascade")
    public_id = fields.Char(related="client_id.client_id", string="Client Id")
    secret = fields.Char(readonly=True, store=False)
