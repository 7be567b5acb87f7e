from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..rules import jwt
from .hr_face_device_api import utc_text

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class HrFaceDevice(models.Model):
    """A bridge that serves an address: a recognition service (docs/service.md).

    Devices with the same address stand behind one balancer and are the same service.
    """

    _inherit = "hr.face.device"

    service_url = fields.Char(
        string="Service Address",
        tracking=True,
        copy=False,
        help="Where kiosk pages and programs reach this device's recognition service, as in"
        " https://face.example. Empty: it serves none. Devices behind one balancer have the"
        " same address.",
    )

    @api.constrains("service_url")
    def _check_service_url(self):
        for device in self.filtered("service_url"):
            parts = urlsplit(device.service_url)
            secure = parts.scheme == "https" or (
                parts.scheme == "http" and parts.hostname in LOOPBACK
            )
            if not (secure and parts.hostname) or parts.username or parts.query or parts.fragment:
                raise ValidationError(
                    self.env._(
                        "%s is no service address; it looks like https://face.example.",
                        device.service_url,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._with_tidy_url(vals) for vals in vals_list])._ensure_key()

    def write(self, vals):
        result = super().write(self._with_tidy_url(vals))
        if vals.get("service_url"):
            self._ensure_key()
        return result

    def _with_tidy_url(self, vals):
        url = vals.get("service_url")
        return vals | {"service_url": url.strip().rstrip("/")} if url else vals

    def _ensure_key(self):
        if any(self.mapped("service_url")):
            self.env["hr.face.service.key"].sudo()._ensure()
        for company in self.filtered("service_url").company_id:
            self.env["hr.face.client"].sudo()._of_odoo(company)
        return self

    def _config_content(self):
        return super()._config_content() | {"service": self.sudo()._service_wire()}

    def _service_wire(self):
        """`service` of wire/config.v1: all that it takes to check a token, and no secret."""
        if not self.service_url:
            return None
        clients = self.env["hr.face.client"].search([("company_id", "=", self.company_id.id)])
        base = urlsplit(self.get_base_url())
        return {
            "audience": self.service_url,
            "origin": f"{base.scheme}://{base.netloc}",
            "company": self.company_id.id,
            "keys": self.env["hr.face.service.key"]._public(),
            "clients": [
                {"id": client.client_id, "scopes": client._scopes()}
                for client in clients.sorted("client_id")
                if client.secret_at or client.is_odoo
            ],
            "replicas": [
                {"device": one.id, "signing_key": one.signing_key}
                for one in self._services(self.company_id, self.service_url).sorted("id")
            ],
        }

    @api.model
    def _services(self, company, url=None, gate=None):
        """The devices that serve an address of this company now."""
        domain = [
            ("company_id", "=", company.id),
            ("state", "in", ("paired", "pairing")),
            ("signing_key", "!=", False),
            ("service_url", "=", url) if url else ("service_url", "!=", False),
        ]
        return self.sudo().search(domain + ([("gate_ids", "in", gate.ids)] if gate else []))


class HrFaceGate(models.Model):
    _inherit = "hr.face.gate"

    def _face_service_token(self, scopes=("identify",), ttl_s=jwt.BROWSER_TTL_S, shown=None):
        """A token for the browser of a kiosk at this gate.

        The caller has made sure that it is one.

        Args:
            scopes: of jwt.BROWSER_SCOPES.
            ttl_s: at most two minutes, or the service refuses it.
            shown: (employee, "pin" or "badge") of who has just shown that.

        Returns:
            {"token", "service" (address), "expires_at"}, or None while no service serves
            this gate.

        Raises:
            ServerError: see hr.face.service.key.
        """
        self.ensure_one()
        if not set(scopes) <= set(jwt.BROWSER_SCOPES) or not 0 < ttl_s <= jwt.BROWSER_TTL_S:
            raise ValueError("a browser's token is for two minutes, and never for vectors")
        services = self.env["hr.face.device"]._services(self.company_id, gate=self)
        if not services:
            return None
        url = services[0].service_url
        token = self.env["hr.face.service.key"]._token(
            self.company_id, url, f"gate:{self.id}", scopes, ttl_s, gate=self, shown=shown
        )
        expires_at = datetime.now(UTC) + timedelta(seconds=ttl_s)
        return {"token": token, "service": url, "expires_at": utc_text(expires_at)}
