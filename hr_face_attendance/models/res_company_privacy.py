from odoo import fields, models


class ResCompany(models.Model):
    """How long what is known of people's faces is kept."""

    _inherit = "res.company"

    face_erasure_hours = fields.Integer(
        string="Erasures Are Overdue After",
        default=24,
        required=True,
        help="Hours in which a device should have acknowledged that erased templates are gone.",
    )

    _face_privacy_sane = models.Constraint(
        "CHECK(face_erasure_hours BETWEEN 1 AND 8760)",
        "A device acknowledges erasures within 1 to 8760 hours.",
    )
