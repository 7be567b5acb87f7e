from odoo import fields, models
from odoo.exceptions import ValidationError
from odoo.tools import LazyTranslate

from ..rules.reader import MODEL

_lt = LazyTranslate(__name__)

DEFAULT_MODEL = "dlib-resnet-v1@aligned5"
CONSENT_TEXT = _lt(
    "I agree that my employer keeps a mathematical description of my face (a template) and"
    " compares it with the faces seen at the gates, so that my working time is recorded.\n\n"
    "No photo is kept unless the company says so separately. The template is encrypted, is"
    " sent only to the company's own gates, and is never used to judge mood, age, sex or"
    " origin.\n\n"
    "I may refuse or withdraw at any time, without giving a reason and without disadvantage;"
    " my templates are then erased, also from the gates, and I use my badge or PIN instead."
)


class ResCompany(models.Model):
    _inherit = "res.company"

    face_model = fields.Char(
        default=DEFAULT_MODEL,
        required=True,
        help="Network, alignment and version. Templates of different models are never compared.",
    )
    face_consent_text = fields.Text(
        string="Consent Text",
        translate=True,
        default=lambda self: self.env._(CONSENT_TEXT),
        help="What an employee agrees to before being enrolled, in each language that they read.",
    )
    face_consent_version = fields.Integer(
        string="Version",
        default=1,
        readonly=True,
        help="Counts the changes of the text; each consent keeps the version agreed to.",
    )

    def write(self, vals):
        if "face_model" in vals:
            self._check_face_model(vals["face_model"])
        changed = self.browse()
        if "face_consent_text" in vals:
            changed = self.filtered(
                lambda company: company.face_consent_text != vals["face_consent_text"]
            )
        result = super().write(vals)
        for company in changed:
            # People agreed to a text, not to "the text": each change is a new version.
            company.face_consent_version += 1
        return result

    def _check_face_model(self, model):
        if not MODEL.fullmatch(model or ""):
            raise ValidationError(self.env._("%s is not the name of a face model.", model))
