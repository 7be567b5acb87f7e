from odoo import api, fields, models
from odoo.exceptions import UserError

from ..rules.errors import ServerError


class ResConfigSettings(models.TransientModel):
    """Consent, retention and the change of the master key."""

    _inherit = "res.config.settings"

    face_departure_days = fields.Integer(related="company_id.face_departure_days", readonly=False)
    face_image_days = fields.Integer(related="company_id.face_image_days", readonly=False)
    face_link_hours = fields.Integer(related="company_id.face_link_hours", readonly=False)
    face_link_review = fields.Boolean(related="company_id.face_link_review", readonly=False)
    face_erasure_hours = fields.Integer(related="company_id.face_erasure_hours", readonly=False)
    face_late_digest_h = fields.Float(related="company_id.face_late_digest_h", readonly=False)
    face_consent_oldest = fields.Integer(related="company_id.face_consent_oldest", readonly=False)
    face_consent_deadline = fields.Date(related="company_id.face_consent_deadline", readonly=False)
    face_consent_earlier_count = fields.Integer(compute="_compute_face_consent_earlier_count")
    face_key_count = fields.Integer(compute="_compute_face_rotation")
    face_key_waiting = fields.Integer(compute="_compute_face_rotation")
    face_key_progress = fields.Char(compute="_compute_face_rotation")

    @api.depends("company_id")
    def _compute_face_consent_earlier_count(self):
        for settings in self:
            settings.face_consent_earlier_count = (
                self.env["hr.face.consent"]
                .sudo()
                .search_count(settings._face_earlier_domain(settings.company_id))
            )

    @api.model
    def _face_earlier_domain(self, company):
        return [
            ("company_id", "=", company.id),
            ("state", "=", "given"),
            ("is_earlier", "=", True),
        ]

    def action_face_earlier_consents(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hr_face_attendance.action_face_consent"
        )
        return action | {"domain": self._face_earlier_domain(self.company_id), "context": {}}

    @api.depends("company_id")
    def _compute_face_rotation(self):
        keys, waiting, templates = self.env["hr.face.key"]._rotation() or (0, 0, 0)
        for settings in self:
            settings.face_key_count = keys
            settings.face_key_waiting = waiting
            settings.face_key_progress = keys > 1 and self.env._(
                "%(done)s of %(all)s templates are under the current key.",
                done=templates - waiting,
                all=templates,
            )

    def action_face_add_key(self):
        """A new current key; templates are wrapped anew in the background."""
        self.check_access("write")
        self._face_key_step(self.env["hr.face.key"]._add_key)
        return self._face_told(
            self.env._("A new key is current. Back the file up; keep the old backup, too.")
        )

    def action_face_rewrap(self):
        self.check_access("write")
        self.env["hr.face.key"]._trigger_rewrap()
        return self._face_told(self.env._("It goes on in the background; come back to see."))

    def action_face_drop_keys(self):
        self.check_access("write")
        removed = self._face_key_step(self.env["hr.face.key"]._drop_unused_keys)
        if not removed:
            raise UserError(self.env._("Templates still need the earlier keys."))
        return self._face_told(self.env._("%s keys were removed from the file.", removed))

    def _face_key_step(self, step):
        try:
            return step()
        except ServerError as error:
            raise UserError(error.message) from error
        except OSError as error:
            raise UserError(
                self.env._("The key file could not be changed: %s", error.strerror)
            ) from error

    def _face_told(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
