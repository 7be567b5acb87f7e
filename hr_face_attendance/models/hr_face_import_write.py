import base64
import hashlib
from uuid import UUID, uuid5

from odoo import fields, models

from ..rules.wire_enrolment import Template
from .hr_face_template_enrol import KNOWN_DIMENSIONS

_SAME_PHOTO = UUID("9f2f7a58-8c9c-4d0e-8f3a-5d1f1f7b6c44")


class HrFaceImport(models.Model):
    """What the service said of a batch of photos, as rows and captures: few queries for all."""

    _inherit = "hr.face.import"

    def _model(self):
        return self.company_id.face_model

    def _write_answer(self, batch, answers, threshold):
        """Each photo's row, and a capture of those that are fit.

        Args:
            batch: pairs of a photo and its bytes.
            answers: of /v1/enrol, in the same order.
        """
        fit = []
        for (photo, content), said in zip(batch, answers, strict=True):
            face = said["faces"][0] if said["faces"] else None
            if said["unfit"]:
                defects = ((face and face["quality"]) or {}).get("defects") or []
                photo._fail(said["unfit"], said["detail"] or self._defects(defects))
            elif other := self._somebody_else(face["similar"], photo.employee_id, threshold):
                photo._fail("duplicate", f"{other[1]:.3f}", other[0])
            else:
                fit.append((photo, self._uuid(photo, content), face))
        self._capture(fit)

    def _uuid(self, photo, content):
        """Of this photo as a template of this person: the same whenever it is sent."""
        digest = hashlib.sha256(content).hexdigest()
        return str(uuid5(_SAME_PHOTO, f"{photo.employee_id.id}:{self._model()}:{digest}"))

    def _capture(self, fit):
        """Captures of (photo, uuid, face), but of whoever may not be enrolled any more."""
        known, waiting = (
            self._uuids_of(name, [uuid for _photo, uuid, _face in fit])
            for name in ("hr.face.template", "hr.face.capture")
        )
        employees = self.env["hr.employee"].union(*(photo.employee_id for photo, _, _ in fit))
        consenting = self.env["hr.face.consent"]._active_of(employees)
        sessions = self._sessions_of(employees.filtered(lambda one: one.id in consenting))
        taken = []
        for photo, uuid, face in fit:
            item = self._item(photo, uuid, face)
            if photo.employee_id.id not in consenting:
                photo._fail("no_consent")
            elif uuid in known:
                photo.write({"state": "known", "capture_uuid": uuid})
            elif uuid in waiting:
                photo._fail("same_photo")
            elif len(item.vector) != 4 * KNOWN_DIMENSIONS.get(item.model, len(item.vector) // 4):
                photo._fail("other_model")
            else:
                waiting.add(uuid)
                taken.append((sessions[photo.employee_id], item))
                photo.write({"state": "read", "capture_uuid": uuid, "quality": item.quality})
        self.env["hr.face.capture"]._take_each(taken, self.env["hr.face.device"])

    def _uuids_of(self, model, uuids):
        """Those of these UUIDs that are known already."""
        domain = [("company_id", "=", self.company_id.id), ("uuid", "in", uuids)]
        return set(self.env[model].search(domain).mapped("uuid"))

    def _item(self, photo, uuid, face):
        return Template(
            uuid=uuid,
            model=self._model(),
            vector=base64.b64decode(face["vector"]),
            quality=face["quality"]["score"],
            face_px=face["box"]["height"],
            captured_at=photo.create_date,
            pose=face["pose"],
            crop=base64.b64decode(face["crop"]),
        )

    def _somebody_else(self, similar, employee, threshold):
        """(employee, similarity) of whoever is enrolled with this face, and not told apart.

        A service may serve gates of several companies; people of another one are not ours to name.
        """
        close = {
            one["employee"]: one["similarity"]
            for one in similar
            if one["similarity"] >= threshold and one["employee"] != employee.id
        }
        ours = [("id", "in", list(close)), ("company_id", "=", self.company_id.id)]
        others = self.env["hr.employee"].with_context(active_test=False).search(ours)
        others -= self.env["hr.face.look.alike"]._known(employee)
        return max(((one, close[one.id]) for one in others), key=lambda it: it[1], default=None)

    def _defects(self, codes):
        """A face's defects in words; those of a later service as they are."""
        words = {
            "too_far": self.env._("too small"),
            "too_close": self.env._("too close"),
            "turned": self.env._("turned away"),
            "tilted": self.env._("tilted"),
            "dark": self.env._("too dark"),
            "bright": self.env._("too bright"),
            "blurred": self.env._("blurred"),
            "cut_off": self.env._("cut off"),
        }
        return ", ".join(str(words.get(code, code)) for code in codes)

    def _sessions(self):
        return self.env["hr.face.enrolment"].search([("import_id", "=", self.id)])

    def _sessions_of(self, employees):
        """The enrolments of these people in this job, by employee."""
        mine = [("import_id", "=", self.id), ("employee_id", "in", employees.ids)]
        sessions = self.env["hr.face.enrolment"].search(mine)
        missing = employees - sessions.employee_id
        return (sessions | sessions._of_import(self, missing)).grouped("employee_id")


class HrFaceEnrolment(models.Model):
    _inherit = "hr.face.enrolment"

    source = fields.Selection(selection_add=[("import", "Import")], ondelete={"import": "cascade"})
    import_id = fields.Many2one(
        "hr.face.import", readonly=True, index="btree_not_null", ondelete="set null"
    )

    def _of_import(self, job, employees):
        sessions = self.create([{"employee_id": one.id, "source": "import"} for one in employees])
        sessions._set(
            import_id=job.id, expires_at=fields.Datetime.add(fields.Datetime.now(), days=30)
        )
        return sessions
