from odoo import api, fields, models
from odoo.exceptions import AccessError

REASONS = [
    ("unsafe_path", "The name leads out of the zip"),
    ("encrypted", "The entry is encrypted"),
    ("archive", "An archive within the archive"),
    ("too_large", "Larger than a photo may be (7.5 MB)"),
    ("damaged", "The zip is damaged here"),
    ("upload_incomplete", "The upload is incomplete"),
    ("zip_too_large", "The zip is larger than 1 GB"),
    ("zip_not_a_zip", "This is no zip"),
    ("zip_too_many", "The zip has more than 10,000 entries"),
    ("zip_bomb", "The zip would unpack to far more than photos do"),
    ("unknown_person", "Nobody of yours has this badge, e-mail address or external id"),
    ("ambiguous_person", "The name means several people"),
    ("no_consent", "The person has not consented"),
    ("unreadable", "No readable picture"),
    ("no_face", "There is no face on it"),
    ("multiple_faces", "There are several faces on it"),
    ("low_quality", "The face is not good enough"),
    ("same_photo", "The same photo is there twice"),
    ("duplicate", "Already enrolled as somebody else"),
    ("duplicate_batch", "The same face as another person's in this job"),
    ("other_model", "The recognition service uses another face model"),
    ("refused", "The recognition service did not accept it"),
    ("no_image", "No picture was kept: enrol the person again"),
    ("cancelled", "The job was cancelled before its turn"),
]
FAILED = "failed"
HANDLED = ("enrolled", "spare", "known", FAILED)
"""States after which nothing more happens to a photo."""


class HrFaceImportPhoto(models.Model):
    """One photo of a job: where it stands, and why. The picture itself is not here."""

    _name = "hr.face.import.photo"
    _description = "Photo of a Face Import"
    _order = "import_id desc, id"

    import_id = fields.Many2one(
        "hr.face.import", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="import_id.company_id", store=True, index=True)
    name = fields.Char(string="File", required=True, readonly=True)
    file = fields.Char(readonly=True, help="The uploaded file; for a zip, the name is in it.")
    employee_id = fields.Many2one("hr.employee", readonly=True, index=True, ondelete="cascade")
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("read", "Read"),
            ("enrolled", "Used"),
            ("spare", "Not needed"),
            ("known", "Used before"),
            ("failed", "Failed"),
        ],
        required=True,
        readonly=True,
        default="waiting",
    )
    reason = fields.Selection(REASONS, readonly=True)
    detail = fields.Char(readonly=True)
    quality = fields.Float(readonly=True, digits=(4, 3), aggregator="avg")
    other_id = fields.Many2one(
        "hr.employee", string="Looks Like", readonly=True, ondelete="set null"
    )
    capture_uuid = fields.Char(readonly=True)

    _next_idx = models.Index("(import_id, id) WHERE state IN ('waiting', 'read')")

    def write(self, vals):
        if not self.env.su:
            raise AccessError(self.env._("A photo of a job is not edited."))
        return super().write(vals)

    def _fail(self, reason, detail=False, other=None):
        self.write(
            {
                "state": FAILED,
                "reason": reason,
                "detail": detail,
                "other_id": other.id if other else False,
            }
        )

    @api.model
    def _forget(self, employees):
        """These people's consent has ended: what jobs found out from their faces is erased, and
        so are their photos in what was uploaded for jobs that are not over.
        """
        mine = self.search([("employee_id", "in", employees.ids)])
        unfinished = mine.filtered(lambda photo: photo.import_id.state in ("running", "paused"))
        for job, photos in unfinished.grouped("import_id").items():
            job._forget_files(photos)
        mine.filtered(lambda photo: photo.state not in HANDLED)._fail("no_consent")
        like_them = self.search([("other_id", "in", employees.ids)])
        (mine | like_them).write({"detail": False, "other_id": False})
        mine.write({"quality": 0, "capture_uuid": False})
