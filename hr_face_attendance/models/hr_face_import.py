from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from psycopg2.errors import SerializationFailure

from ..rules.errors import ServerError
from ..rules.service_errors import ServiceError, ServiceUnreachable
from .hr_face_import_photo import FAILED, HANDLED

TRY_AGAIN = timedelta(seconds=60)
KEEP = timedelta(days=7)
"""What was uploaded and never came to its end is erased after this."""
RUNNING, PAUSED = "running", "paused"
UNFINISHED = {"draft", RUNNING, PAUSED}
GIVEN = ("name", "company_id", "replace")
"""What the caller may say of a new job; everything else follows from what happens to it."""


class HrFaceImport(models.Model):
    """Enrolment of many people from photos, as a job in the background.

    Durable: each photo is a row with a state and a reason, committed batch by batch, so that
    whatever is killed the job goes on where it was and comes to the same end. The photos are
    sealed as they arrive (hr.face.import.part) and erased when the job is over.

    The job's own row changes only with its state: who pauses or cancels it never meets the
    worker that writes its photos.
    """

    _name = "hr.face.import"
    _description = "Face Import"
    _order = "id desc"

    name = fields.Char(
        required=True, default=lambda self: self.env._("Photos of %s", fields.Date.today())
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )
    kind = fields.Selection(
        [("photos", "Photos"), ("model", "New face model")],
        required=True,
        readonly=True,
        default="photos",
    )
    state = fields.Selection(
        [
            ("draft", "Uploading"),
            ("running", "Running"),
            ("paused", "Paused"),
            ("done", "Done"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="draft",
    )
    stage = fields.Selection(
        [
            ("unpack", "Unpacking"),
            ("read", "Reading photos"),
            ("finish", "Enrolling"),
        ],
        required=True,
        readonly=True,
        default="unpack",
    )
    replace = fields.Boolean(
        string="Replace Earlier Templates",
        default=True,
        help="The new templates take the place of those a person has; otherwise they are added.",
    )
    message = fields.Char(readonly=True, help="What the job waits for, or why it was refused.")
    started_at = fields.Datetime(string="Started", readonly=True)
    finished_at = fields.Datetime(string="Finished", readonly=True)
    photo_ids = fields.One2many("hr.face.import.photo", "import_id", readonly=True)
    failed_ids = fields.One2many(
        "hr.face.import.photo",
        "import_id",
        string="To Fix",
        domain=[("state", "=", FAILED)],
        readonly=True,
    )
    total = fields.Integer(string="Photos", compute="_compute_counts")
    handled = fields.Integer(compute="_compute_counts")
    enrolled = fields.Integer(string="Used", compute="_compute_counts")
    failed = fields.Integer(compute="_compute_counts")
    people = fields.Integer(string="People Enrolled", compute="_compute_counts")
    progress = fields.Float(compute="_compute_counts", help="Percent.")

    @api.depends("photo_ids.state")
    def _compute_counts(self):
        photos = self.env["hr.face.import.photo"].sudo()
        by_state = photos._read_group(
            [("import_id", "in", self.ids)], ["import_id", "state"], ["__count"]
        )
        people = photos._read_group(
            [("import_id", "in", self.ids), ("state", "=", "enrolled")],
            ["import_id"],
            ["employee_id:count_distinct"],
        )
        counts = {(job.id, state): count for job, state, count in by_state}
        persons = {job.id: count for job, count in people}
        for job in self:
            mine = {state: count for (number, state), count in counts.items() if number == job.id}
            job.total = sum(mine.values())
            job.handled = sum(count for state, count in mine.items() if state in HANDLED)
            job.enrolled = mine.get("enrolled", 0)
            job.failed = mine.get(FAILED, 0)
            job.people = persons.get(job.id, 0)
            # Reading is nearly all of the work; until it is over nobody is enrolled.
            read = job.handled + mine.get("read", 0)
            share = 95 * read / job.total if job.total else 0
            job.progress = 100 if job.state == "done" else share

    @api.model_create_multi
    def create(self, vals_list):
        """A job for another face model, or further on than its beginning, is not a caller's."""
        if not self.env.su:
            vals_list = [{name: vals[name] for name in GIVEN if name in vals} for vals in vals_list]
        return super().create(vals_list)

    def unlink(self):
        """What a job holds of people goes with it."""
        self.check_access("unlink")
        self.filtered(lambda job: job.state in UNFINISHED).sudo()._end("cancelled")
        return super().unlink()

    def write(self, vals):
        if self.env.su or not set(vals) - {"name", "replace"}:
            return super().write(vals)
        raise AccessError(self.env._("A job is started, paused or cancelled, not edited."))

    def action_start(self):
        """What was uploaded is complete; the rest happens without this browser."""
        for job in self:
            job.check_access("write")
            if job.state not in {"draft", PAUSED}:
                raise UserError(self.env._("This job cannot be started any more."))
            if job.state == "draft" and job.kind == "photos" and not job.sudo()._has_upload():
                raise UserError(self.env._("Choose a zip or a folder of photos first."))
            job.sudo().write(
                {
                    "state": RUNNING,
                    "message": False,
                    "started_at": job.started_at or fields.Datetime.now(),
                }
            )
        self._trigger()
        return True

    def action_pause(self):
        self.check_access("write")
        self.filtered(lambda job: job.state == RUNNING).sudo().state = PAUSED
        return True

    def action_cancel(self):
        """Stop, and erase what was uploaded; whoever was enrolled already stays so."""
        self.check_access("write")
        self.filtered(lambda job: job.state in UNFINISHED).sudo()._end("cancelled")
        return True

    def action_photos(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Photos"),
            "res_model": "hr.face.import.photo",
            "view_mode": "list",
            "domain": [("import_id", "=", self.id)],
            "context": {"create": False},
        }

    def action_report(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/hr_face_attendance/import/{self.id}/report",
            "target": "download",
        }

    @api.model
    def _trigger(self, at=None):
        self.env.ref("hr_face_attendance.cron_face_import").sudo()._trigger(at)

    @api.model
    def _cron_run(self):
        """Every running job, as far as the time goes. Each stage commits as it goes."""
        for job in self.search([("state", "=", RUNNING)], order="id"):
            if not job._run():
                # Odoo gives a cron ten seconds and then a pause of up to a minute; a trigger
                # lets others go first and comes back at once.
                self._trigger()
                self.env["ir.cron"]._commit_progress()
                return

    def _run(self):
        """Go on with one job. Returns the seconds that are left for others."""
        left_s = self.env["ir.cron"]._commit_progress(remaining=self._waiting())
        try:
            while left_s and self._is_running():
                left_s = getattr(self, f"_stage_{self.stage}")()
        except ServiceUnreachable as error:
            self._wait(error.message, timedelta(seconds=error.retry_after_s))
        except (ServiceError, ServerError) as error:
            self._wait(error.message, TRY_AGAIN)
        except SerializationFailure:  # somebody was enrolled, or withdrew, at the same moment
            self._wait(False, timedelta())
        return left_s

    def _is_running(self):
        """As everybody sees it now: who paused it did so in another transaction."""
        self.invalidate_recordset(["state", "stage"])
        return self.exists() and self.state == RUNNING

    def _next_stage(self, stage):
        self.write({"stage": stage, "message": False})
        return self.env["ir.cron"]._commit_progress()

    def _wait(self, message, pause):
        """Nothing of this batch was kept; it comes again."""
        self.env.cr.rollback()
        if self._is_running():
            self.message = message
            self._trigger(fields.Datetime.now() + pause)
        self.env["ir.cron"]._commit_progress(remaining=0)

    def _waiting(self):
        domain = [("import_id", "=", self.id), ("state", "=", "waiting")]
        return self.env["hr.face.import.photo"].search_count(domain)

    def _end(self, state):
        """Over: nothing of what was uploaded stays."""
        for job in self:
            job._forget_uploads()
            job._sessions().filtered(lambda one: one.state == "open")._end("cancelled")
            unread = job.photo_ids.filtered(lambda photo: photo.state not in HANDLED)
            unread.write({"state": FAILED, "reason": "cancelled"})
            job.write({"state": state, "message": False, "finished_at": fields.Datetime.now()})
        if state == "done":
            self._tell()

    def _tell(self):
        for job in self:
            job.create_uid.partner_id._bus_send(
                "simple_notification",
                {
                    "type": "warning" if job.failed else "success",
                    "title": job.name,
                    "message": self.env._(
                        "%(people)s people enrolled; %(failed)s photos could not be used.",
                        people=job.people,
                        failed=job.failed,
                    ),
                },
            )

    @api.model
    def _cron_forget(self):
        """Uploads of jobs that nobody started or finished."""
        old = [
            ("state", "in", ("draft", PAUSED)),
            ("write_date", "<", fields.Datetime.now() - KEEP),
        ]
        self.search(old)._end("cancelled")
