from odoo import api, fields, models
from odoo.exceptions import UserError

from ..rules import notice

HOSTS_PARAMETER = "hr_face_attendance.push_hosts"
MAX_PER_PERSON = 5


class HrFacePushSubscription(models.Model):
    """A phone or browser that somebody turned notifications on in.

    Its address and keys let whoever has them write to that phone: nobody reads them by the ORM.
    """

    _name = "hr.face.push.subscription"
    _description = "Subscribed Phone"
    _order = "id desc"
    _rec_name = "label"

    employee_id = fields.Many2one(
        "hr.employee", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company", related="employee_id.company_id", store=True, index=True
    )
    link_id = fields.Many2one(
        "hr.face.link", readonly=True, ondelete="set null", index="btree_not_null"
    )
    label = fields.Char(string="Phone or Browser", readonly=True)
    endpoint = fields.Char(required=True, readonly=True, groups=fields.NO_ACCESS)
    p256dh = fields.Char(required=True, readonly=True, groups=fields.NO_ACCESS)
    auth = fields.Char(required=True, readonly=True, groups=fields.NO_ACCESS)
    last_sent_at = fields.Datetime(string="Last Notified", readonly=True)

    _endpoint_unique = models.UniqueIndex("(md5(endpoint))")

    @api.model
    def _allowed_hosts(self):
        text = self.env["ir.config_parameter"].sudo().get_param(HOSTS_PARAMETER)
        return notice.hosts_of(text) or notice.PUSH_SERVICES

    @api.model
    def _subscribe(self, person, endpoint, p256dh, auth, label, link=None):
        """Turn notifications on in a browser; the same browser again is the same subscription.

        Args:
            endpoint, p256dh, auth: what the browser's PushSubscription says, untrusted.

        Raises:
            UserError: it is not a browser's, or not at a push service that may be called.
        """
        hosts = self._allowed_hosts()
        if not (notice.is_allowed(endpoint, hosts) and notice.are_keys(p256dh, auth)):
            raise UserError(person.env._("This browser's push service is not known here."))
        subscriptions = self.sudo()
        subscriptions.search([("endpoint", "=", endpoint)]).unlink()
        made = subscriptions.create(
            {
                "employee_id": person.id,
                "endpoint": endpoint,
                "p256dh": p256dh,
                "auth": auth,
                "label": (label or "")[:80],
                "link_id": link and link.id,
            }
        )
        made.flush_recordset()
        mine = subscriptions.search([("employee_id", "=", person.id)])
        mine[MAX_PER_PERSON:].unlink()
        return made

    @api.model
    def _unsubscribe(self, person, subscription_id):
        self.sudo().search([("id", "=", subscription_id), ("employee_id", "=", person.id)]).unlink()

    def _info(self):
        """As pywebpush wants it."""
        self.ensure_one()
        return {"endpoint": self.endpoint, "keys": {"p256dh": self.p256dh, "auth": self.auth}}


class HrFaceLink(models.Model):
    _inherit = "hr.face.link"

    def action_revoke(self):
        """A lost phone is told nothing any more. (A link that is only replaced goes on.)"""
        super().action_revoke()
        self.env["hr.face.push.subscription"].sudo().search([("link_id", "in", self.ids)]).unlink()
