from odoo import api, fields, models
from odoo.exceptions import ValidationError

CONSENT_TEXT = "face_consent_text"


class ResCompany(models.Model):
    """How long what is known of people's faces is kept, and which agreements count."""

    _inherit = "res.company"

    face_departure_days = fields.Integer(
        string="Keep Templates After Departure",
        default=14,
        required=True,
        help="Days after which the templates of somebody who left are erased. The gates forget"
        " them at once; this is only for a departure that was entered by mistake.",
    )
    face_image_days = fields.Integer(
        string="Keep Images",
        default=0,
        required=True,
        help="Days for which the pictures that templates were made of are kept, encrypted, so"
        " that everybody can be enrolled anew when the face model changes. 0: not at all.",
    )
    face_link_hours = fields.Integer(
        string="Enrolment Links Are Good For",
        default=72,
        required=True,
        help="Hours in which an employee can use the link that they were sent to enrol.",
    )
    face_link_review = fields.Boolean(
        string="Review Enrolments by Link",
        default=True,
        help="HR looks at the pictures before they are used. Otherwise they are used at once,"
        " unless the face is enrolled already as somebody else's.",
    )
    face_erasure_hours = fields.Integer(
        string="Erasures Are Overdue After",
        default=24,
        required=True,
        help="Hours in which a device should have acknowledged that erased templates are gone.",
    )
    face_consent_oldest = fields.Integer(
        string="Oldest Version That Counts",
        default=1,
        required=True,
        help="Whoever agreed to an earlier version of the text must agree again by the day below;"
        " after it their templates are erased.",
    )
    face_consent_deadline = fields.Date(
        string="Earlier Ones Count Until",
        help="The last day on which earlier agreements count. Empty: they go on counting.",
    )

    _face_privacy_sane = models.Constraint(
        "CHECK(face_departure_days BETWEEN 0 AND 3650 AND face_erasure_hours BETWEEN 1 AND 8760)",
        "Templates are kept for 0 to 3650 days after departure, and a device acknowledges"
        " erasures within 1 to 8760 hours.",
    )
    _face_link_sane = models.Constraint(
        "CHECK(face_link_hours BETWEEN 1 AND 720)", "A link is good for 1 to 720 hours."
    )
    _face_images_sane = models.Constraint(
        "CHECK(face_image_days BETWEEN 0 AND 3650)", "Images are kept for 0 to 3650 days."
    )

    @api.constrains("face_consent_oldest", "face_consent_version")
    def _check_face_consent_policy(self):
        for company in self:
            if not 1 <= company.face_consent_oldest <= company.face_consent_version:
                raise ValidationError(
                    self.env._(
                        "There are versions 1 to %s of the consent text.",
                        company.face_consent_version,
                    )
                )

    def write(self, vals):
        """Shortening a deadline into the past would erase people at once: refused."""
        longer = self.filtered(
            lambda company: vals.get("face_image_days", 0) > company.face_image_days
        )
        changing = {"face_consent_oldest", "face_consent_deadline"} & set(vals)
        before = {
            company: (company.face_consent_oldest, company.face_consent_deadline)
            for company in self
            if changing
        }
        result = super().write(vals)
        for company in longer:
            company.face_consent_version += 1  # whoever agreed to less has not agreed to this
        today = fields.Date.context_today(self)
        for company, policy in before.items():
            deadline = company.face_consent_deadline
            if policy != (company.face_consent_oldest, deadline) and deadline and deadline < today:
                raise ValidationError(self.env._("That day has passed; choose one to come."))
        return result

    def _update_field_translations(self, field_name, translations, digest=None, source_lang=""):
        """The translation dialog does not come through `write`: a new version all the same."""
        if field_name != CONSENT_TEXT:
            return super()._update_field_translations(
                field_name, translations, digest=digest, source_lang=source_lang
            )
        before = self._face_consent_texts(translations)
        result = super()._update_field_translations(
            field_name, translations, digest=digest, source_lang=source_lang
        )
        if before != self._face_consent_texts(translations):
            self.face_consent_version += 1
        return result

    def _face_consent_words(self):
        """What a person agrees to, in the language of the context: the text, and what of
        their pictures is kept."""
        self.ensure_one()
        if not self.face_image_days:
            return self.face_consent_text
        kept = self.env._(
            "The pictures that my templates are made of are kept encrypted for %s days, so that"
            " I need not come again when the recognition is renewed, and are then erased.",
            self.face_image_days,
        )
        return f"{self.face_consent_text}\n\n{kept}"

    def _face_consent_texts(self, langs):
        return [self.with_context(lang=lang)[CONSENT_TEXT] for lang in langs]
