from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..rules.service_errors import NoService


class HrFaceImport(models.Model):
    """Everybody's templates made anew from kept pictures, for another face model.

    The new ones are prepared while the present ones are in use, and take their place in one
    transaction. Whoever has no picture is listed for enrolment.
    """

    _inherit = "hr.face.import"

    face_model = fields.Char(string="To Model", readonly=True)

    @api.model
    def action_new_model(self):
        """Begin the change to the model that a paired service prepares."""
        if not self.env.user.has_group("hr_face_attendance.group_face_manager"):
            raise AccessError(self.env._("Only an administrator changes the face model."))
        company = self.env.company
        services = self.env["hr.face.device"]._preparing(company)
        if not services:
            raise UserError(
                self.env._(
                    "No recognition service prepares another model: pair one with that model set,"
                    " and enter the model's name at its device as “Prepares Face Model”."
                )
            )
        job = self.sudo().create(
            {
                "name": self.env._("Change to %s", services[0].face_model_next),
                "company_id": company.id,
                "kind": "model",
                "face_model": services[0].face_model_next,
            }
        )
        job = job.with_user(self.env.user)
        job.action_start()
        return {
            "type": "ir.actions.act_window",
            "res_model": "hr.face.import",
            "view_mode": "form",
            "res_id": job.id,
        }

    def _model(self):
        return self.face_model if self.kind == "model" else super()._model()

    def _caller(self):
        if self.kind != "model":
            return super()._caller()
        services = self.env["hr.face.device"]._preparing(self.company_id)
        service = services.filtered(lambda one: one.face_model_next == self.face_model)[:1]
        if not service:
            raise NoService(
                self.env._("No recognition service prepares %s any more.", self.face_model)
            )
        return self.env["hr.face.service.call"]._caller(self.company_id, ["enrol"], service)

    def _stage_unpack(self):
        if self.kind != "model":
            return super()._stage_unpack()
        rows = []
        for employee, images in self._enrolled_people():
            rows += [
                {
                    "import_id": self.id,
                    "employee_id": employee.id,
                    "name": f"{employee.name} {number}",
                    "file": image.uuid,
                }
                for number, image in enumerate(images, start=1)
            ] or [
                {
                    "import_id": self.id,
                    "employee_id": employee.id,
                    "name": employee.name,
                    "state": "failed",
                    "reason": "no_image",
                }
            ]
        self.env["hr.face.import.photo"].create(rows)
        return self._next_stage("read")

    def _enrolled_people(self):
        """(employee, images) of everybody with templates of the present model."""
        present = self._present_templates()
        images = self.env["hr.face.image"].search(
            [("template_id", "in", present.ids)], order="employee_id, id"
        )
        by_employee = images.grouped("employee_id")
        return [
            (employee, by_employee.get(employee, images.browse()))
            for employee in present.employee_id.sorted("id")
        ]

    def _present_templates(self):
        return self.env["hr.face.template"].search(
            [("company_id", "=", self.company_id.id), ("model", "=", self.company_id.face_model)]
        )

    def _content(self, photo, parts, zips):
        if self.kind != "model":
            return super()._content(photo, parts, zips)
        image = self._images(photo)
        return image._opened()[image.id] if image else b""

    def _images(self, photos):
        return self.env["hr.face.image"].search(
            [("company_id", "=", self.company_id.id), ("uuid", "in", photos.mapped("file"))]
        )

    def _somebody_else(self, similar, employee, threshold):
        """Whoever is enrolled under two names was found out when that happened."""
        if self.kind == "model":
            return None
        return super()._somebody_else(similar, employee, threshold)

    def _stage_finish(self):
        if self.kind != "model":
            return super()._stage_finish()
        if self._read_photos():
            self._switch()
        else:  # nobody's picture gave a template: the present ones stay
            self._end("done")
        return self.env["ir.cron"]._commit_progress(remaining=0)

    def _switch(self):
        """The new templates take the place of all the present ones, in this transaction."""
        templates = self.env["hr.face.template"]
        templates._enrol_alone(self.company_id)
        before, photos = self._present_templates(), self._read_photos()
        captures = self.env["hr.face.capture"].search(
            Domain("company_id", "=", self.company_id.id)
            & Domain("uuid", "in", photos.mapped("capture_uuid"))
        )
        made = self._templates_of(captures)
        by_uuid = made.grouped("uuid")
        by_image = {photo.file: by_uuid.get(photo.capture_uuid) for photo in photos}
        images = self._images(photos).filtered(lambda one: by_image[one.uuid])
        images._move_to([by_image[one.uuid] for one in images])
        self._sessions().filtered(lambda one: one.state == "open")._end("done")
        people = before.employee_id
        before._erase("replaced")
        self.company_id.face_model = self.face_model
        self.env["hr.face.device"]._preparing(self.company_id).filtered(
            lambda one: one.face_model_next == self.face_model
        ).face_model_next = False
        self.env["hr.face.gallery.change"]._bump(people)
        for photo in photos:
            if by_uuid.get(photo.capture_uuid):
                photo.state = "enrolled"
            else:
                photo._fail("no_consent")
        self._end("done")

    def _templates_of(self, captures):
        """New templates of people whose consent still stands."""
        consents = self.env["hr.face.consent"]._active_of(captures.employee_id)
        captures = captures.filtered(lambda one: one.employee_id.id in consents)
        parts = captures._parts()
        now = fields.Datetime.now()
        copied = ("uuid", "model", "dimension", "quality", "face_px", "source", "captured_at")
        return self.env["hr.face.template"]._seal_all(
            [
                {
                    "employee_id": one.employee_id.id,
                    "company_id": one.company_id.id,
                    "consent_id": consents[one.employee_id.id].id,
                    "enrolled_at": now,
                    **{name: one[name] for name in copied},
                }
                for one in captures
            ],
            [parts[one.id][0] for one in captures],
        )
