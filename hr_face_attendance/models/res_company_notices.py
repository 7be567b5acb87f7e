from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    face_late_digest_h = fields.Float(
        string="Late Arrivals At",
        default=10.0,
        required=True,
        help="Time of day at which managers are told who came late today.",
    )
    face_late_told_on = fields.Date(readonly=True)

    _face_late_digest_range = models.Constraint(
        "CHECK(face_late_digest_h BETWEEN 0 AND 24)", "A time of day lies between 0 and 24."
    )
