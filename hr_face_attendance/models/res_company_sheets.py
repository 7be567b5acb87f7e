from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    """The monthly attendance sheet: to whom, when, in which language."""

    _inherit = "res.company"

    face_sheet_user_ids = fields.Many2many(
        "res.users",
        "res_company_face_sheet_user_rel",
        string="Monthly Sheet For",
        help="Each gets the people they may see: an officer own people, an administrator all.",
    )
    face_sheet_day = fields.Integer(
        string="Monthly Sheet On Day",
        default=1,
        required=True,
        help="From nine in the morning, so that the last night shift has ended.",
    )
    face_sheet_lang = fields.Selection(
        lambda self: self.env["res.lang"].get_installed(),
        string="Monthly Sheet In",
        help="Empty: the language of each recipient.",
    )
    face_sheet_unsent = fields.Date(
        string="Next Month To Send", readonly=True, help="Its first day."
    )

    _face_sheet_day_range = models.Constraint(
        "CHECK(face_sheet_day BETWEEN 1 AND 28)", "Every month has the days 1 to 28."
    )

    @api.constrains("face_sheet_user_ids")
    def _check_face_sheet_users(self):
        for company in self:
            for user in company.face_sheet_user_ids:
                if user.share or company not in user.company_ids:
                    raise ValidationError(
                        self.env._("%s is no user of this company.", user.display_name)
                    )
