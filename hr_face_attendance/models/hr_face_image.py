from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..rules import vault
from ..rules.enrolment import POSES

BATCH = 500


class HrFaceImage(models.Model):
    """The picture that a template was made of, kept if and as long as the company says so.

    Sealed as templates are. It goes with its template, whatever ends that; and by cron when
    its time is over. It is shown through one route, which notes who looked.
    """

    _name = "hr.face.image"
    _description = "Face Image"
    _inherit = ["hr.face.sealed"]
    _order = "employee_id, kept_at desc, id desc"
    _rec_name = "uuid"

    template_id = fields.Many2one(
        "hr.face.template", required=True, readonly=True, index=True, ondelete="cascade"
    )
    pose = fields.Selection(POSES, readonly=True)
    size = fields.Integer(string="Bytes", readonly=True, aggregator=None)
    captured_at = fields.Datetime(string="Captured", readonly=True)
    kept_at = fields.Datetime(string="Kept Since", required=True, readonly=True)
    keep_until = fields.Date(
        compute="_compute_keep_until", help="Erased on the day after, with the company's setting."
    )

    @api.depends("kept_at", "company_id.face_image_days")
    def _compute_keep_until(self):
        for image in self:
            days = timedelta(days=image.company_id.face_image_days)
            image.keep_until = image.kept_at.date() + days

    def write(self, vals):
        raise AccessError(self.env._("An image is not edited. Enrol the person again."))

    def _owner(self):
        return vault.owner(self.company_id.id, self.employee_id.id, "image", self.uuid)

    @api.model
    def _keep(self, templates, pictures):
        """Keep what templates were made of, for whoever agreed to a text that says so.

        Args:
            templates: records of one person.
            pictures: {template uuid: (pose, JPEG bytes)}.
        """
        company = templates.company_id
        if not company.face_image_days:
            return self.browse()
        kept = templates.filtered(
            lambda one: one.uuid in pictures and not one.consent_id.is_earlier
        )
        now = fields.Datetime.now()
        values = [
            {
                "uuid": one.uuid,
                "employee_id": one.employee_id.id,
                "company_id": one.company_id.id,
                "consent_id": one.consent_id.id,
                "template_id": one.id,
                "pose": pictures[one.uuid][0],
                "size": len(pictures[one.uuid][1]),
                "captured_at": one.captured_at,
                "kept_at": now,
            }
            for one in kept
        ]
        return self._seal_all(values, [pictures[one.uuid][1] for one in kept])

    def _move_to(self, templates):
        """After everybody was embedded anew: each image goes over to its new template."""
        for image, template in zip(self, templates, strict=True):
            super(HrFaceImage, image).write({"template_id": template.id})

    def _show(self, purpose):
        """The JPEG of one image, and a line that says who looked at it and why.

        Raises:
            AccessError: it is not this user's to see.
            ServerError: it does not open.
        """
        self.ensure_one()
        self.check_access("read")
        self.env["hr.face.access.log"]._note(self.employee_id, "image", purpose)
        return self.sudo()._opened()[self.id]

    def action_look(self):
        self.ensure_one()
        url = f"/hr_face_attendance/image/{self.id}"
        return {"type": "ir.actions.act_url", "url": url, "target": "new"}

    @api.model
    def _cron_expire(self):
        """Erase what a company does not keep any longer, in batches."""
        progress = self.env["ir.cron"]
        due = self._due()
        progress._commit_progress(remaining=len(due))
        for start in range(0, len(due), BATCH):
            batch = due[start : start + BATCH]
            batch.unlink()
            if not progress._commit_progress(len(batch)):
                break

    @api.model
    def _due(self):
        """Of companies that keep none any more, all; of others those that are too old."""
        due, now = self.browse(), fields.Datetime.now()
        for [company] in self._read_group([], ["company_id"]):
            too_old = ("kept_at", "<=", now - timedelta(days=company.sudo().face_image_days))
            due |= self.search([("company_id", "=", company.id), too_old])
        return due
