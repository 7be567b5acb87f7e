from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .res_company import MODEL


class HrFaceDevice(models.Model):
    """A recognition service that makes templates of the model to come (docs/bulk.md).

    It is told the new model as if the company had it already, and no gates; so it syncs an
    empty gallery, names nobody, and makes templates. With the switch it becomes a service
    like any other.
    """

    _inherit = "hr.face.device"

    face_model_next = fields.Char(
        string="Prepares Face Model",
        tracking=True,
        copy=False,
        help="The model to change to, as in Facenet512@…: this service makes its templates from kept"
        " pictures and serves no gates until the change. Empty: the company's present model.",
    )

    @api.constrains("face_model_next", "service_url")
    def _check_face_model_next(self):
        for device in self.filtered("face_model_next"):
            if not MODEL.fullmatch(device.face_model_next):
                raise ValidationError(
                    self.env._("%s is not the name of a face model.", device.face_model_next)
                )
            if not device.service_url:
                raise ValidationError(
                    self.env._(
                        "Only a recognition service prepares a face model: give it an address."
                    )
                )

    def _face_model(self):
        return self.sudo().face_model_next or super()._face_model()

    def _config_content(self):
        content = super()._config_content()
        return content | {"gates": []} if self.sudo().face_model_next else content

    @api.model
    def _services(self, company, url=None, gate=None):
        return super()._services(company, url, gate).filtered(lambda one: not one.face_model_next)

    @api.model
    def _preparing(self, company):
        """The services that make templates of the next model."""
        return super()._services(company).filtered("face_model_next")
